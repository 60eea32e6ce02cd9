import { clamp } from '@/lib/time.ts';
import { classNames } from '@/lib/class-names.ts';
import styles from './ProgressBar.module.css';

interface Props {
    label: string;
    /** 0 to 1; null while the end is not known. */
    value: number | null;
    tone?: 'accent' | 'success' | 'danger';
}

export function ProgressBar({ label, value, tone = 'accent' }: Props) {
    const percent = value === null ? undefined : Math.floor(clamp(value, 0, 1) * 100);
    return (
        <div
            role="progressbar"
            aria-label={label}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={percent}
            className={styles.track}
        >
            <div
                className={classNames(styles.bar, styles[tone], percent === undefined && styles.unknown)}
                style={percent === undefined ? undefined : { width: `${percent}%` }}
            />
        </div>
    );
}
