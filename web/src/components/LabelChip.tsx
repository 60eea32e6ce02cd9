import type { CSSProperties } from 'react';
import { classNames } from '@/lib/class-names.ts';
import { labelColour } from '@/lib/colour.ts';
import { formatScore } from '@/lib/format.ts';
import styles from './LabelChip.module.css';

interface Props {
    name: string;
    /** Probable labels are dashed, like their boxes. */
    kind?: 'explicit' | 'probable';
    /** Of a probable label. */
    score?: number;
}

export function LabelChip({ name, kind = 'explicit', score }: Props) {
    const { fill, text } = labelColour(name);
    const probable = kind === 'probable';
    return (
        <span
            className={classNames(styles.chip, probable && styles.probable)}
            style={{ '--fill': fill, '--on-fill': text } as CSSProperties}
            title={probable ? `${name}, probably` : name}
        >
            {probable && <span className={styles.dot} aria-hidden="true" />}
            <span className={styles.name} dir="auto">
                {name}
            </span>
            {probable && <span className="visually-hidden">, probable</span>}
            {score !== undefined && <span className={styles.score}>{formatScore(score)}</span>}
        </span>
    );
}
