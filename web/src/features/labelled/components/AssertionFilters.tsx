import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { classesQuery, labelsQuery } from '@/api/queries.ts';
import { Button } from '@/components/Button.tsx';
import { FilterSelect } from '@/components/FilterSelect.tsx';
import { CloseIcon } from '@/components/icons.tsx';
import { SegmentedControl } from '@/components/SegmentedControl.tsx';
import { VideoFilter } from '@/components/VideoFilter.tsx';
import { formatScore } from '@/lib/format.ts';
import { isNarrowed, KINDS, NO_FILTERS, type Filters } from '../model/filters.ts';
import styles from './LabelledView.module.css';

interface Props {
    project: string;
    filters: Filters;
    onChange: (change: Partial<Filters>) => void;
}

/** Which of what was said is shown; kept in the address. */
export function AssertionFilters({ project, filters, onChange }: Props) {
    const labels = useQuery(labelsQuery(project)).data?.labels ?? [];
    const classes = useQuery(classesQuery(project)).data ?? [];
    const probable = filters.kind === 'probable';
    return (
        <div className={styles.filters} role="group" aria-label="Filters">
            <SegmentedControl
                label="What was said"
                options={KINDS}
                value={filters.kind}
                onChange={kind => onChange({ kind })}
            />
            <FilterSelect
                label="Label"
                any="Any label"
                value={filters.label}
                options={labels.map(({ name }) => ({ value: name, label: name }))}
                onChange={label => onChange({ label })}
            />
            <VideoFilter project={project} value={filters.video} onChange={video => onChange({ video })} />
            <FilterSelect
                label="Class"
                any="Any class"
                value={filters.class}
                options={classes.map(({ name }) => ({ value: name, label: name }))}
                onChange={value => onChange({ class: value })}
            />
            {probable ? (
                <Score key={filters.minScore} filters={filters} onChange={onChange} />
            ) : (
                <>
                    <Who key={filters.by} filters={filters} onChange={onChange} />
                    <div className={styles.days}>
                        <Day label="From" value={filters.from} onChange={from => onChange({ from })} />
                        <Day label="To" value={filters.to} onChange={to => onChange({ to })} />
                    </div>
                </>
            )}
            {isNarrowed(filters) && (
                <Button
                    variant="quiet"
                    icon={<CloseIcon />}
                    onClick={() => onChange({ ...NO_FILTERS, kind: filters.kind })}
                >
                    Clear
                </Button>
            )}
        </div>
    );
}

type PartProps = Pick<Props, 'filters' | 'onChange'>;

/** A person's name, taken when the field is left or with Enter. */
function Who({ filters, onChange }: PartProps) {
    const [typed, setTyped] = useState(filters.by ?? '');
    const take = () => {
        const by = typed.trim() === '' ? null : typed.trim();
        if (by !== filters.by && !(filters.by === '' && by === null)) onChange({ by });
    };
    return (
        <form
            onSubmit={event => {
                event.preventDefault();
                take();
            }}
        >
            <input
                type="search"
                aria-label="Said by"
                placeholder="Said by anyone"
                maxLength={100}
                className={styles.who}
                value={typed}
                onChange={event => setTyped(event.target.value)}
                onBlur={take}
            />
        </form>
    );
}

function Day(props: { label: string; value: string | null; onChange: (day: string | null) => void }) {
    const { label, value, onChange } = props;
    return (
        <label className={styles.date}>
            {label}
            <input
                type="date"
                value={value ?? ''}
                onChange={event => onChange(event.target.value === '' ? null : event.target.value)}
            />
        </label>
    );
}

function Score({ filters, onChange }: PartProps) {
    const [sliding, setSliding] = useState(filters.minScore ?? 0);
    const settle = () => {
        if (sliding !== (filters.minScore ?? 0)) onChange({ minScore: sliding === 0 ? null : sliding });
    };
    return (
        <label className={styles.score}>
            <span>How sure ≥ {formatScore(sliding)}</span>
            <input
                type="range"
                aria-label="How sure at least"
                min={0}
                max={0.95}
                step={0.05}
                value={sliding}
                onChange={event => setSliding(Number(event.target.value))}
                onPointerUp={settle}
                onKeyUp={settle}
                onBlur={settle}
            />
        </label>
    );
}
