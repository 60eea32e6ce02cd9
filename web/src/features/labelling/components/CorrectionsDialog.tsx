import { useInfiniteQuery } from '@tanstack/react-query';
import { Badge } from '@/components/Badge.tsx';
import { Button } from '@/components/Button.tsx';
import { Dialog } from '@/components/Dialog.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { ErrorState } from '@/components/ErrorState.tsx';
import { Loading, Skeleton } from '@/components/Skeleton.tsx';
import { formatAgo, formatDateTime } from '@/lib/format.ts';
import { withTrackNumbers } from '@/lib/track-name.ts';
import { correctionHistoryQuery, type CorrectionStep } from '../api/corrections.ts';
import { useLabelling } from '../hooks/useLabelling.ts';
import { correctionText } from '../model/corrections.ts';
import styles from './CorrectionsDialog.module.css';

/** What was corrected in the tracks of this video, newest first, and what of it does not hold any more. */
export function CorrectionsDialog({ onClose }: { onClose: () => void }) {
    const { video } = useLabelling();
    const history = useInfiniteQuery(correctionHistoryQuery(video));
    const { data, error, isFetching, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = history;
    const steps = data?.pages.flatMap(page => page.steps) ?? [];
    return (
        <Dialog title="Corrections of tracks" onClose={onClose}>
            {data === undefined ? (
                error !== null ? (
                    <ErrorState
                        compact
                        title="The corrections could not be loaded"
                        error={error}
                        busy={isFetching}
                        onRetry={() => void refetch()}
                    />
                ) : (
                    <>
                        <Loading what="corrections" />
                        <Skeleton height={28} />
                    </>
                )
            ) : steps.length === 0 ? (
                <EmptyState compact title="No track was corrected yet">
                    Split a track where it goes on with another object, and merge two that are one and the same.
                </EmptyState>
            ) : (
                <>
                    <ol className={styles.list}>
                        {steps.map(step => (
                            <Step key={step.id} step={step} />
                        ))}
                    </ol>
                    {hasNextPage && (
                        <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                            Older ones
                        </Button>
                    )}
                </>
            )}
        </Dialog>
    );
}

function Step({ step }: { step: CorrectionStep }) {
    const { kind, at, by, undone, passed_over: passedOver } = step;
    const what = correctionText(step);
    const text = kind === 'undo' ? `took back: ${what}` : kind === 'redo' ? `made again: ${what}` : what;
    return (
        <li className={styles.step}>
            <p>
                <span className={undone ? styles.undone : undefined}>{text}</span> {undone && <Badge>undone</Badge>}
                {passedOver !== null && <Badge tone="warning">does not hold</Badge>}
            </p>
            {passedOver !== null && <p className={styles.why}>{withTrackNumbers(passedOver)}</p>}
            <p className={styles.when}>
                <time dateTime={at} title={formatDateTime(at)}>
                    {formatAgo(at)}
                </time>
                {by !== null && `, by ${by}`}
            </p>
        </li>
    );
}
