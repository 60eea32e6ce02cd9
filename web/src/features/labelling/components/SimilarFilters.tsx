import { useState } from 'react';
import { formatScore } from '@/lib/format.ts';
import { useLabelling } from '../hooks/useLabelling.ts';
import { SegmentedControl } from './SegmentedControl.tsx';
import styles from './SimilarFilters.module.css';

const SCOPES = [
    { value: 'project', label: 'Whole project' },
    { value: 'video', label: 'This video' },
] as const;

/** Which of the similar objects are shown; kept in the address. */
export function SimilarFilters({ classes }: { classes: readonly string[] }) {
    const { filters, setFilters, labels } = useLabelling();
    // While one drags the slider, only its number moves.
    const [sliding, setSliding] = useState<number | null>(null);
    const least = sliding ?? filters.minScore ?? 0;
    const names = (labels.data?.labels ?? []).map(label => label.name);
    if (filters.label !== null && !names.includes(filters.label)) names.push(filters.label);
    const settle = () => {
        if (sliding !== null) setFilters({ minScore: sliding === 0 ? null : sliding });
        setSliding(null);
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
                    aria-label="Least score"
                    min={0}
                    max={0.95}
                    step={0.05}
                    value={least}
                    onChange={event => setSliding(Number(event.target.value))}
                    onPointerUp={settle}
                    onKeyUp={settle}
                    onBlur={settle}
                />
            </label>
        </div>
    );
}
