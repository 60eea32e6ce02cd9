import { useState } from 'react';
import { videoImageUrl } from '@/api/urls.ts';
import { FilmIcon } from '@/components/icons.tsx';
import { classNames } from '@/lib/class-names.ts';
import type { Video } from '../model/video-state.ts';
import styles from './VideoThumb.module.css';

/** A picture of the video, where there is one; it is decoration beside the video's name. */
export function VideoThumb({ video, className }: { video: Pick<Video, 'id' | 'thumbnail'>; className?: string }) {
    const [failed, setFailed] = useState<string>();
    return (
        <span className={classNames(styles.thumb, className)}>
            {video.thumbnail && failed !== video.id ? (
                <img
                    src={videoImageUrl(video.id)}
                    alt=""
                    loading="lazy"
                    decoding="async"
                    draggable={false}
                    onError={() => setFailed(video.id)}
                />
            ) : (
                <FilmIcon size={20} />
            )}
        </span>
    );
}
