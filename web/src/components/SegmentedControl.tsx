import { classNames } from '@/lib/class-names.ts';
import styles from './SegmentedControl.module.css';

interface Props<Value extends string> {
    label: string;
    options: readonly { value: Value; label: string; note?: string }[];
    value: Value;
    onChange: (value: Value) => void;
}

/** A choice of a few, all of them in sight. */
export function SegmentedControl<Value extends string>({ label, options, value, onChange }: Props<Value>) {
    return (
        <div role="group" aria-label={label} className={styles.control}>
            {options.map(option => (
                <button
                    key={option.value}
                    type="button"
                    aria-pressed={option.value === value}
                    className={classNames(styles.option, option.value === value && styles.chosen)}
                    onClick={() => onChange(option.value)}
                >
                    {option.label}
                    {option.note !== undefined && <span className={styles.note}>{option.note}</span>}
                </button>
            ))}
        </div>
    );
}
