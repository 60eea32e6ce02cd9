import { Link } from 'react-router';
import { useVideoActions } from '@/api/video-actions.ts';
import { canOpen, isUnfinished } from '@/api/video.ts';
import { Button } from '@/components/Button.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { ProgressBar } from '@/components/ProgressBar.tsx';
import { StateBadge } from '@/components/StateBadge.tsx';
import { formatCount, formatDuration, formatNumberOf, formatPercent, formatRate } from '@/lib/format.ts';
import { paths } from '@/lib/paths.ts';
import { asSentence } from '@/lib/sentence.ts';
import { framesExpected, rateOf, shareDone, timeLeftUs, type Samples, type Video } from '../model/progress.ts';
import styles from './VideoList.module.css';

function details(video: Video, samples: Samples): string {
    const { progress } = video;
    const expected = framesExpected(video);
    const through = progress.frames_indexed + progress.frames_failed;
    const whole =
        expected !== null && isUnfinished(video)
            ? ` of ${progress.frames_expected === null ? 'about ' : ''}${formatCount(expected)}`
            : '';
    const rate = rateOf(samples.get(video.id));
    const left = timeLeftUs([video], samples);
    return [
        `${formatCount(through)}${whole} ${through === 1 && whole === '' ? 'frame' : 'frames'}`,
        formatNumberOf(progress.objects, 'object'),
        progress.frames_failed > 0 && `${formatCount(progress.frames_failed)} failed`,
        isUnfinished(video) && rate !== null && rate >= 0.05 && formatRate(rate),
        left !== null && `${formatDuration(left)} left`,
    ]
        .filter(Boolean)
        .join(' · ');
}

function VideoRow({
    video,
    samples,
    showProject,
    alone,
}: {
    video: Video;
    samples: Samples;
    showProject: boolean;
    alone: boolean;
}) {
    const actions = useVideoActions();
    const share = shareDone(video);
    const busy = actions.isPending;
    return (
        <li className={styles.video}>
            <div className={styles.head}>
                {alone ? (
                    <span className={styles.name}>{video.name}</span>
                ) : (
                    <Link
                        className={styles.name}
                        to={paths.activity(video.project, video.id)}
                        title={`Show only ${video.name}`}
                    >
                        {video.name}
                    </Link>
                )}
                <StateBadge state={video.state} />
                <span className={styles.actions}>
                    {isUnfinished(video) && (
                        <Button
                            size="s"
                            variant="quiet"
                            busy={busy}
                            aria-label={`Cancel ${video.name}`}
                            onClick={() => actions.mutate({ video, action: 'cancel' })}
                        >
                            Cancel
                        </Button>
                    )}
                    {video.resumable && (
                        <Button
                            size="s"
                            busy={busy}
                            aria-label={`Resume ${video.name}`}
                            onClick={() => actions.mutate({ video, action: 'resume' })}
                        >
                            Resume
                        </Button>
                    )}
                    {canOpen(video) && (
                        <LinkButton
                            size="s"
                            variant="quiet"
                            to={paths.video(video.project, video.id)}
                            aria-label={`Open ${video.name} in the labelling view`}
                        >
                            Open
                        </LinkButton>
                    )}
                </span>
            </div>
            <div className={styles.bar}>
                <ProgressBar
                    label={`Progress of ${video.name}`}
                    value={share}
                    tone={video.state === 'failed' ? 'danger' : video.state === 'done' ? 'success' : 'accent'}
                />
                <span className={styles.percent}>{share === null ? '' : formatPercent(share)}</span>
            </div>
            <p className={styles.details}>
                {showProject && <Link to={paths.activity(video.project)}>{video.project}</Link>}
                <span>{details(video, samples)}</span>
            </p>
            {video.errors.length > 0 && (
                <details className={styles.errors}>
                    <summary>{formatNumberOf(video.errors_count, 'error')}</summary>
                    <ul>
                        {video.errors.map((error, i) => (
                            <li key={i}>{asSentence(error)}</li>
                        ))}
                    </ul>
                </details>
            )}
        </li>
    );
}

interface Props {
    videos: readonly Video[];
    more: boolean;
    samples: Samples;
    /** The view is about one video already. */
    alone: boolean;
    showProject: boolean;
}

/** How far each video is: what is in work first, then the newest. */
export function VideoList({ videos, more, samples, alone, showProject }: Props) {
    const sorted = [...videos].sort((a, b) => Number(isUnfinished(b)) - Number(isUnfinished(a)));
    return (
        <ul className={styles.list} aria-label="Videos">
            {sorted.map(video => (
                <VideoRow key={video.id} {...{ video, samples, alone, showProject }} />
            ))}
            {more && (
                <li className={styles.more}>
                    The newest {formatCount(videos.length)} videos. Older ones are in their projects.
                </li>
            )}
        </ul>
    );
}
