import { useState } from 'react';
import { formatScore } from '@/lib/format.ts';
import { useLabelling } from '../hooks/useLabelling.ts';
import { SegmentedControl } from '@/components/SegmentedControl.tsx';
import styles from './SimilarFilters.module.css';

const SCOPES = [
    { value: 'project', label: 'Whole project' },
    { value: 'video', label: 'This video' },
] as const;

/** Which of the similar objects are shown; kept in the address. */
export function SimilarFilters({ classes }: { classes: readonly string[] }) {
    const { filters, setFilters, labels } = useLabelling();
    // While one moves the slider, only its number does; and the address follows a little later than the next key press.
    const given = filters.minScore ?? 0;
    const [slider, setSlider] = useState({ given, wanted: given });
    const least = slider.wanted;
    if (slider.given !== given) setSlider({ given, wanted: slider.given === slider.wanted ? given : slider.wanted });
    const names = (labels.data?.labels ?? []).map(label => label.name);
    if (filters.label !== null && !names.includes(filters.label)) names.push(filters.label);
    const settle = () => {
        if (least !== given) setFilters({ minScore: least === 0 ? null : least });
    };
    return (
        <div className={styles.filters} role="group" aria-label="Filters">
            <SegmentedControl
                label="Where to look"
                options={SCOPES}
                value={filters.scope}
                onChange={scope => setFilters({ scope })}
            />
            <select
                aria-label="Class"
                className={styles.select}
                value={filters.class ?? ''}
                onChange={event => setFilters({ class: event.target.value === '' ? null : event.target.value })}
            >
                <option value="">Any class</option>
                {classes.map(name => (
                    <option key={name}>{name}</option>
                ))}
            </select>
            {names.length > 0 && (
                <select
                    aria-label="Label"
                    className={styles.select}
                    value={filters.label ?? ''}
                    onChange={event => setFilters({ label: event.target.value === '' ? null : event.target.value })}
                >
                    <option value="">Any label</option>
                    {names.map(name => (
                        <option key={name}>{name}</option>
                    ))}
                </select>
            )}
            <label className={styles.least}>
                <span>Score ≥ {formatScore(least)}</span>
                <input
                    type="range"
                    aria-label="Score at least"
                    min={0}
                    max={0.95}
                    step={0.05}
                    value={least}
                    onChange={event => setSlider({ given, wanted: Number(event.target.value) })}
                    onPointerUp={settle}
                    onKeyUp={settle}
                    onBlur={settle}
                />
            </label>
        </div>
    );
}
