import { LinkButton } from '@/components/LinkButton.tsx';
import { ArrowRightIcon, CheckIcon, WarningIcon } from '@/components/icons.tsx';
import { classNames } from '@/lib/class-names.ts';
import { formatDuration, formatNumberOf } from '@/lib/format.ts';
import { paths } from '@/lib/paths.ts';
import { asSentence } from '@/lib/sentence.ts';
import { summaryOf, toOpen, type Sums, type Video } from '../model/progress.ts';
import styles from './Summary.module.css';

/** Between asking for it and its end, for a video on its own. */
function tookUs(video: Video | undefined): number | null {
    if (typeof video?.finished_at !== 'string') return null;
    const us = (Date.parse(video.finished_at) - Date.parse(video.created_at)) * 1000;
    // A video that was resumed days later took no days.
    return us > 0 && us < 86_400e6 ? us : null;
}

interface Props {
    videos: readonly Video[];
    /** There are older ones. */
    more: boolean;
    sums: Sums;
}

/** When there is nothing left to do: what has come of it, and the way on. */
export function Summary({ videos, more, sums }: Props) {
    const { tone, text } = summaryOf(videos, more);
    const open = toOpen(videos);
    const took = videos.length === 1 && videos[0]?.state === 'done' ? tookUs(videos[0]) : null;
    // With nothing to count, why there is nothing says more.
    const reason = videos.length === 1 && sums.indexed === 0 ? videos[0]?.errors[0] : undefined;
    return (
        <div className={classNames(styles.summary, styles[tone])} role="status">
            <span className={styles.icon}>{tone === 'success' ? <CheckIcon /> : <WarningIcon />}</span>
            <p>
                <strong>{text}</strong>{' '}
                {reason === undefined ? (
                    <>
                        {formatNumberOf(sums.objects, 'object')} in {formatNumberOf(sums.indexed, 'frame')}
                        {took !== null && `, ready after ${formatDuration(took)}`}.
                    </>
                ) : (
                    asSentence(reason)
                )}
            </p>
            {open !== undefined && (
                <LinkButton
                    variant={tone === 'success' ? 'primary' : 'default'}
                    icon={<ArrowRightIcon />}
                    to={paths.video(open.project, open.id)}
                    title={open.name}
                >
                    Open in the labelling view
                </LinkButton>
            )}
        </div>
    );
}
