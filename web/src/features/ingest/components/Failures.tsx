import { Button } from '@/components/Button.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { ErrorState } from '@/components/ErrorState.tsx';
import { RefreshIcon } from '@/components/icons.tsx';
import { formatAgo, formatCount, formatDateTime, formatNumberOf } from '@/lib/format.ts';
import { asSentence } from '@/lib/sentence.ts';
import type { useFailures } from '../hooks/use-failures.ts';
import { videoOf, whatFailed } from '../model/failures.ts';
import styles from './Failures.module.css';

interface Props {
    failures: ReturnType<typeof useFailures>;
    names: ReadonlyMap<string, string>;
}

const SHOWN_MOST = 200;

/** Work that failed for good, with its reason and a way to try it again. */
export function Failures({ failures: { query, letters, more, retry }, names }: Props) {
    if (query.isError && query.data === undefined) {
        return (
            <ErrorState
                compact
                title="The failures could not be loaded"
                error={query.error}
                onRetry={() => void query.refetch()}
            />
        );
    }
    if (letters.length === 0) {
        return (
            <EmptyState compact title="No failures">
                Work that fails again and again is put aside here with its reason, and can be retried.
            </EmptyState>
        );
    }
    const retrying = retry.isPending ? retry.variables : [];
    return (
        <div className={styles.panel}>
            <div className={styles.head}>
                <p>
                    {formatNumberOf(letters.length, 'piece')} of work {more && 'or more '}given up
                </p>
                <Button
                    size="s"
                    icon={<RefreshIcon />}
                    busy={retrying.length > 1}
                    disabled={retry.isPending && retrying.length === 1}
                    onClick={() => retry.mutate(letters)}
                >
                    Retry all
                </Button>
            </div>
            <ul className={styles.list}>
                {letters.slice(0, SHOWN_MOST).map(letter => (
                    <li key={letter.id} className={styles.letter}>
                        <div className={styles.what}>
                            <p className={styles.title}>
                                {whatFailed(letter)}
                                <span className={styles.video}>{names.get(videoOf(letter)) ?? videoOf(letter)}</span>
                            </p>
                            <p className={styles.reason}>{asSentence(letter.reason)}</p>
                            <p className={styles.note} title={formatDateTime(letter.failed_at)}>
                                {formatNumberOf(letter.attempts, 'attempt')}, given up {formatAgo(letter.failed_at)}
                            </p>
                        </div>
                        <Button
                            size="s"
                            busy={retrying.some(other => other.id === letter.id)}
                            aria-label={`Retry: ${whatFailed(letter)}`}
                            onClick={() => retry.mutate([letter])}
                        >
                            Retry
                        </Button>
                    </li>
                ))}
            </ul>
            {letters.length > SHOWN_MOST && (
                <p className={styles.note}>The newest {formatCount(SHOWN_MOST)}; “Retry all” takes all of them.</p>
            )}
        </div>
    );
}
