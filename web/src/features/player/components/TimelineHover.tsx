import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Schema } from '@/api/client.ts';
import { frameImageUrl } from '@/api/urls.ts';
import { formatTimecode } from '@/lib/format.ts';
import { frameAfterQuery } from '../api/queries.ts';
import { displaySize } from '../model/geometry.ts';
import { spanOf, usOf, type Viewport } from '../model/viewport.ts';
import styles from './Timeline.module.css';

const RESTS_MS = 120;
// Neighbouring places show the same picture: so many different ones are asked for over the width.
const PICTURES = 150;
const PICTURE_WIDTH = 144;

/** The time under the pointer, and the picture there when the pointer rests. */
export function TimelineHover(props: { video: Schema<'Video'>; viewport: Viewport; x: number; width: number }) {
    const { video, viewport, x, width } = props;
    const us = usOf(viewport, x, width);
    const step = Math.max(1, Math.round(spanOf(viewport) / PICTURES));
    const place = Math.max(0, Math.floor(us / step) * step);
    const [restsAt, setRestsAt] = useState<number | null>(null);
    useEffect(() => {
        const timer = setTimeout(() => setRestsAt(place), RESTS_MS);
        return () => clearTimeout(timer);
    }, [place]);
    const { data: frame } = useQuery({ ...frameAfterQuery(video.id, restsAt ?? 0), enabled: restsAt !== null });
    const { width: shapeWidth, height: shapeHeight } = displaySize(video.media);
    const half = PICTURE_WIDTH / 2 + 2;
    const left = Math.min(Math.max(x, half), Math.max(half, width - half));
    return (
        <>
            <div className={styles.hoverLine} style={{ transform: `translateX(${x}px)` }} />
            <div className={styles.hover} style={{ left }} aria-hidden="true">
                {frame && (
                    <img
                        src={frameImageUrl(frame.id)}
                        alt=""
                        width={PICTURE_WIDTH}
                        style={{ aspectRatio: `${shapeWidth} / ${shapeHeight}` }}
                    />
                )}
                <span>{formatTimecode(us)}</span>
            </div>
        </>
    );
}
