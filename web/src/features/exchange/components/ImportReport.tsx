import { Badge } from '@/components/Badge.tsx';
import { LabelChip } from '@/components/LabelChip.tsx';
import { formatCount, formatNumberOf } from '@/lib/format.ts';
import { changesAnything, importTexts, type Imported } from '../model/exchange.ts';
import styles from './ExchangeDialogs.module.css';

/** What an import would do or has done, and what of the file matches nothing. */
export function ImportReport({ imported }: { imported: Imported }) {
    const { dry_run: dry, labels, problems, unmatched } = imported;
    const changed = labels.filter(({ positives, negatives }) => positives + negatives > 0);
    const title = !dry ? 'Imported' : changesAnything(imported) ? 'This would be done' : 'Nothing would change';
    return (
        <section className={styles.report} aria-label="Report">
            <h3>{title}</h3>
            {importTexts(imported).map(text => (
                <p key={text}>{text}</p>
            ))}
            {changed.length > 0 && (
                <ul className={styles.labels}>
                    {changed.map(({ name, made, positives, negatives }) => (
                        <li key={name}>
                            <LabelChip name={name} />
                            {made && <Badge tone="info">new</Badge>}
                            <span>
                                {[
                                    positives > 0 && formatNumberOf(positives, 'object'),
                                    negatives > 0 && `${formatCount(negatives)} not this`,
                                ]
                                    .filter(Boolean)
                                    .join(', ')}
                            </span>
                        </li>
                    ))}
                </ul>
            )}
            {problems.length > 0 && (
                <details className={styles.problems} open>
                    <summary>What could not be matched</summary>
                    <ul>
                        {problems.map(problem => (
                            <li key={problem}>{problem}</li>
                        ))}
                        {unmatched > problems.length && (
                            <li>and {formatNumberOf(unmatched - problems.length, 'more', 'more')}</li>
                        )}
                    </ul>
                </details>
            )}
            {!dry && imported.step !== null && <p className={styles.note}>Undo takes all of it back as one step.</p>}
        </section>
    );
}
