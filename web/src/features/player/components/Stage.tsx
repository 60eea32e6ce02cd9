import { useCallback, type ReactNode } from 'react';
import { frameImageUrl, videoStreamUrl } from '@/api/urls.ts';
import type { Schema } from '@/api/client.ts';
import { formatTimecode } from '@/lib/format.ts';
import { useElementSize } from '../hooks/useElementSize.ts';
import { useOfTime, usePlaybackState } from '../hooks/usePlayback.ts';
import { containRect, displaySize, type Rect, type Size } from '../model/geometry.ts';
import type { Playback } from '../model/playback.ts';
import { sampleAt, type Samples } from '../model/samples.ts';
import styles from './Stage.module.css';

interface Props {
    video: Schema<'Video'>;
    playback: Playback;
    samples: Samples;
    /** What lies over the picture. */
    children: (size: Size, picture: Rect) => ReactNode;
}

/** The picture: the video, or the stored picture of the sampled frame where it cannot be played. */
export function Stage({ video, playback, samples, children }: Props) {
    const { mode, width, height } = usePlaybackState(playback);
    const [size, ref] = useElementSize();
    const attach = useCallback(
        (element: HTMLVideoElement | null) => (element === null ? undefined : playback.attach(element)),
        [playback],
    );
    const shape = mode === 'video' && width > 0 ? { width, height } : displaySize(video.media);
    const picture = containRect(size, shape);
    return (
        <div ref={ref} className={styles.stage}>
            {mode === 'video' ? (
                // eslint-disable-next-line jsx-a11y/media-has-caption -- there are none: it is footage as it was taken
                <video
                    ref={attach}
                    className={styles.video}
                    src={videoStreamUrl(video.id)}
                    preload="auto"
                    playsInline
                    disablePictureInPicture
                    tabIndex={-1}
                    aria-label={video.name}
                />
            ) : (
                <FramePicture playback={playback} samples={samples} picture={picture} />
            )}
            {children(size, picture)}
        </div>
    );
}

function FramePicture({ playback, samples, picture }: { playback: Playback; samples: Samples; picture: Rect }) {
    const id = useOfTime(playback, () => sampleAt(samples, playback.currentUs())?.id ?? null);
    const us = useOfTime(playback, playback.currentUs);
    if (id === null) return null;
    return (
        <img
            className={styles.frame}
            src={frameImageUrl(id)}
            alt={`The video at ${formatTimecode(us)}`}
            style={{ left: picture.x, top: picture.y, width: picture.width, height: picture.height }}
            draggable={false}
        />
    );
}
