import { useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { Link } from 'react-router';
import { canOpen, isActive } from '@/api/video.ts';
import { Button } from '@/components/Button.tsx';
import { ConfirmDialog } from '@/components/ConfirmDialog.tsx';
import { ChevronDownIcon, ChevronUpIcon } from '@/components/icons.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { ProgressBar } from '@/components/ProgressBar.tsx';
import { StateBadge } from '@/components/StateBadge.tsx';
import { toast } from '@/components/toast.ts';
import { classNames } from '@/lib/class-names.ts';
import { formatAgo, formatCount, formatDateTime, formatNumberOf, formatTimecode } from '@/lib/format.ts';
import { paths } from '@/lib/paths.ts';
import { asSentence } from '@/lib/sentence.ts';
import { deleteVideo, refreshProject } from '../api/videos.ts';
import { lossesOfVideo } from '../model/losses.ts';
import { shownSource } from '../model/source.ts';
import { progressOf, type Video } from '../model/video-state.ts';
import { RenameVideoDialog } from './RenameVideoDialog.tsx';
import { VideoMenu } from './VideoMenu.tsx';
import { VideoThumb } from './VideoThumb.tsx';
import styles from './VideoRow.module.css';

export function VideoRow({ video }: { video: Video }) {
    const queries = useQueryClient();
    const errorsId = useId();
    const [isDeleting, setIsDeleting] = useState(false);
    const [isRenaming, setIsRenaming] = useState(false);
    const [chosen, setChosen] = useState<boolean>();
    // Why there is nothing is what one looks for.
    const showsErrors = chosen ?? video.state === 'failed';
    const isOpenable = canOpen(video);
    const isGoing = video.state === 'deleting';
    const targetName = isOpenable ? 'Open' : isActive(video) ? 'Watch' : 'Details';
    // The one thing one comes for: looking at it, or at how it is going.
    const target = isOpenable ? paths.video(video.project, video.id) : paths.activity(video.project, video.id);
    return (
        <li className={classNames(styles.row, isGoing && styles.going)}>
            <Link to={target} className={styles.picture} tabIndex={-1} aria-hidden="true">
                <VideoThumb video={video} className={styles.thumb} />
                {video.media.duration_us > 0 && (
                    <span className={styles.duration}>{formatTimecode(video.media.duration_us, { ms: false })}</span>
                )}
            </Link>
            <div className={styles.about}>
                <h3 className={styles.name}>{isGoing ? video.name : <Link to={target}>{video.name}</Link>}</h3>
                <p className={styles.source} title={shownSource(video.source)}>
                    {shownSource(video.source)}
                </p>
                <p className={styles.added} title={formatDateTime(video.created_at)}>
                    Added {formatAgo(video.created_at)}
                </p>
            </div>
            <VideoStatus
                video={video}
                errorsId={errorsId}
                showsErrors={showsErrors}
                onToggleErrors={() => setChosen(!showsErrors)}
            />
            <dl className={styles.counts}>
                <Count of={video.progress.frames_indexed} what="frame" />
                <Count of={video.progress.objects} what="object" />
            </dl>
            <div className={styles.actions}>
                {!isGoing && (
                    <>
                        <LinkButton size="s" to={target} aria-label={`${targetName}: ${video.name}`}>
                            {targetName}
                        </LinkButton>
                        <VideoMenu
                            video={video}
                            onRename={() => setIsRenaming(true)}
                            onDelete={() => setIsDeleting(true)}
                        />
                    </>
                )}
            </div>
            <ul id={errorsId} className={styles.errors} hidden={!showsErrors} aria-label={`Errors of ${video.name}`}>
                {video.errors.map((error, i) => (
                    <li key={i}>{asSentence(error)}</li>
                ))}
                {video.errors_count > video.errors.length && (
                    <li>
                        And {formatNumberOf(video.errors_count - video.errors.length, 'more', 'more')}, in the{' '}
                        <Link to={paths.activity(video.project, video.id)}>ingestion view</Link>.
                    </li>
                )}
            </ul>
            {isRenaming && <RenameVideoDialog video={video} onClose={() => setIsRenaming(false)} />}
            {isDeleting && (
                <ConfirmDialog
                    title={`Delete ${video.name}?`}
                    confirm="Delete video"
                    danger
                    onClose={() => setIsDeleting(false)}
                    onConfirm={async () => {
                        await deleteVideo(video.id);
                        toast(`${video.name} was deleted.`);
                        await refreshProject(queries, video.project);
                    }}
                >
                    {lossesOfVideo(video)}
                </ConfirmDialog>
            )}
        </li>
    );
}

function Count({ of, what }: { of: number; what: string }) {
    return (
        <div>
            <dt>{of === 1 ? what : `${what}s`}</dt>
            <dd>{formatCount(of)}</dd>
        </div>
    );
}

interface StatusProps {
    video: Video;
    errorsId: string;
    showsErrors: boolean;
    onToggleErrors: () => void;
}

function VideoStatus({ video, errorsId, showsErrors, onToggleErrors }: StatusProps) {
    const progress = progressOf(video);
    return (
        <div className={styles.status}>
            <div className={styles.state}>
                <StateBadge state={video.state} />
                {video.errors_count > 0 && (
                    <Button
                        size="s"
                        variant="quiet"
                        className={styles.toggle}
                        icon={showsErrors ? <ChevronUpIcon /> : <ChevronDownIcon />}
                        aria-expanded={showsErrors}
                        aria-controls={errorsId}
                        onClick={onToggleErrors}
                    >
                        {formatNumberOf(video.errors_count, 'error')}
                    </Button>
                )}
            </div>
            {progress !== undefined && (
                <>
                    <ProgressBar label={`Indexing of ${video.name}`} value={progress.share} />
                    <p className={styles.progress}>{progress.text}</p>
                </>
            )}
            {video.source_incomplete && video.state !== 'running' && (
                <p className={styles.progress}>The source ends early.</p>
            )}
        </div>
    );
}
