import { canOpen, isActive } from '@/api/video.ts';
import { LinkButton } from '@/components/LinkButton.tsx';
import { StateBadge } from '@/components/StateBadge.tsx';
import { paths } from '@/lib/paths.ts';
import type { Video } from '../model/video-state.ts';
import styles from './WasThereNotice.module.css';

/** The same source with the same options is the same video: says so, and offers it. */
export function WasThereNotice({ video }: { video: Video }) {
    return (
        <div className={styles.notice} role="status">
            <p>
                <strong>{video.name}</strong> is in this project already, with the same options.{' '}
                {isActive(video) && 'What is missing of it is being indexed. '}
                <StateBadge state={video.state} />
            </p>
            <div className={styles.actions}>
                {canOpen(video) && (
                    <LinkButton size="s" to={paths.video(video.project, video.id)}>
                        Open it
                    </LinkButton>
                )}
                <LinkButton size="s" variant="quiet" to={paths.activity(video.project, video.id)}>
                    Watch ingestion
                </LinkButton>
            </div>
        </div>
    );
}
