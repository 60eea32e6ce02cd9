import { useId } from 'react';
import styles from './FilterSelect.module.css';

interface Props {
    label: string;
    /** Of the choice that leaves nothing out. */
    any: string;
    value: string | null;
    options: readonly { value: string; label: string }[];
    error?: string | undefined;
    onChange: (value: string | null) => void;
}

/** A choice with "any" first. What the address says is among the choices even where nobody knows it. */
export function FilterSelect({ label, any, value, options, error, onChange }: Props) {
    const id = useId();
    const isUnknown = value !== null && !options.some(option => option.value === value);
    return (
        <div className={styles.part}>
            <select
                aria-label={label}
                aria-invalid={error !== undefined || undefined}
                aria-describedby={error === undefined ? undefined : id}
                className={styles.select}
                data-set={value !== null || undefined}
                value={value ?? ''}
                onChange={event => onChange(event.target.value === '' ? null : event.target.value)}
            >
                <option value="">{any}</option>
                {isUnknown && <option value={value}>{value}</option>}
                {options.map(option => (
                    <option key={option.value} value={option.value}>
                        {option.label}
                    </option>
                ))}
            </select>
            <p id={id} className={styles.error} aria-live="polite">
                {error}
            </p>
        </div>
    );
}
