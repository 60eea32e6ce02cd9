import { formatDuration, formatPercent } from '@/lib/format.ts';
import styles from './NodeDetails.module.css';

const NAMES: Record<string, string> = {
    fetch: 'Fetching',
    split: 'Cutting',
    decode: 'Decoding',
    encode: 'Encoding',
    detect: 'Detecting',
    embed: 'Embedding',
    store: 'Storing',
    publish: 'Passing on',
    wait: 'Held back',
    track: 'Following objects',
};

/** Where the time goes: one row per stage, the longest first. */
export function StageBar({ stages }: { stages: Record<string, number> }) {
    const rows = Object.entries(stages).filter(([, us]) => us > 0);
    const total = rows.reduce((sum, [, us]) => sum + us, 0);
    if (total === 0) return null;
    rows.sort((a, b) => b[1] - a[1]);
    return (
        <section>
            <h3 className={styles.heading}>Where its time went</h3>
            <ul className={styles.stages}>
                {rows.map(([stage, us]) => (
                    <li key={stage} title={formatDuration(us)}>
                        <span>{NAMES[stage] ?? stage}</span>
                        <span className={styles.share}>{formatPercent(us / total)}</span>
                        <span className={styles.track}>
                            <span className={styles.fill} style={{ width: `${(100 * us) / total}%` }} />
                        </span>
                    </li>
                ))}
            </ul>
        </section>
    );
}
