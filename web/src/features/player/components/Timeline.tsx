import { useEffect, useEffectEvent, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { Schema } from '@/api/client.ts';
import { IconButton } from '@/components/IconButton.tsx';
import { ZoomInIcon, ZoomOutIcon } from '@/components/icons.tsx';
import { labelColour } from '@/lib/colour.ts';
import { formatTimecode } from '@/lib/format.ts';
import { US_PER_MS, US_PER_S } from '@/lib/time.ts';
import type { Marked } from '../api/queries.ts';
import { useElementSize } from '../hooks/useElementSize.ts';
import { useShownTime } from '../hooks/usePlayback.ts';
import { ZOOM_STEP } from '../hooks/usePlayerShortcuts.ts';
import { useTimelineData } from '../hooks/useTimelineData.ts';
import type { ViewportControl } from '../hooks/useViewport.ts';
import type { Playback } from '../model/playback.ts';
import { spanOf, usOf, xOf } from '../model/viewport.ts';
import { SplitHandle, type Splitting } from './SplitHandle.tsx';
import styles from './Timeline.module.css';
import { TimelineCanvas } from './TimelineCanvas.tsx';
import { TimelineHover } from './TimelineHover.tsx';

interface Props {
    video: Schema<'Video'>;
    playback: Playback;
    control: ViewportControl;
    marked: Marked;
    selectedUs: number | null;
    splitting: Splitting | null;
}

const WHILE_PLAYING_MS = 1000;
const WHEEL_ZOOM = 1.0015;

export function Timeline({ video, playback, control, marked, selectedUs, splitting }: Props) {
    const { viewport, zoom, pan } = control;
    const durationUs = video.media.duration_us;
    const data = useTimelineData(video, viewport, marked);
    const [size, sizeRef] = useElementSize();
    const [hoverX, setHoverX] = useState<number | null>(null);
    const track = useRef<HTMLDivElement>(null);
    const playhead = useRef<HTMLDivElement>(null);
    const us = useShownTime(playback, WHILE_PLAYING_MS);
    const borders = useMemo(() => data.segments.map(segment => segment.start_us), [data.segments]);

    useEffect(() => {
        const move = () => {
            const x = xOf(viewport, playback.headUs(), size.width);
            const element = playhead.current;
            if (element === null) return;
            element.style.transform = `translateX(${x}px)`;
            element.hidden = x < -1 || x > size.width + 1;
        };
        move();
        return playback.subscribeTime(move);
    }, [playback, viewport, size]);

    const wheel = useEffectEvent((event: WheelEvent) => {
        event.preventDefault();
        const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
        if (Math.abs(sideways) > Math.abs(event.deltaY) || event.shiftKey)
            pan((sideways / Math.max(1, size.width)) * spanOf(viewport));
        else zoom(WHEEL_ZOOM ** event.deltaY, usOf(viewport, event.offsetX, size.width));
    });
    useEffect(() => {
        // React's own listeners for the wheel are passive: they could not keep the page from scrolling.
        const listener = (event: WheelEvent) => wheel(event);
        const element = track.current;
        element?.addEventListener('wheel', listener, { passive: false });
        return () => element?.removeEventListener('wheel', listener);
    }, []);

    function xIn(event: PointerEvent): number {
        return event.clientX - event.currentTarget.getBoundingClientRect().left;
    }

    function onPointerMove(event: PointerEvent) {
        const x = xIn(event);
        setHoverX(x);
        // Something else may be dragged over it.
        if (event.currentTarget.hasPointerCapture(event.pointerId)) playback.seekTo(usOf(viewport, x, size.width));
    }

    function onKeyDown(event: KeyboardEvent) {
        // Left, right, Home and End are the player's everywhere.
        const seconds: Record<string, number> = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
        const by = seconds[event.key];
        if (by === undefined) return;
        event.preventDefault();
        playback.seekTo(playback.headUs() + by * US_PER_S);
    }

    return (
        <div className={styles.timeline}>
            <div className={styles.middle}>
                <div
                    ref={element => {
                        track.current = element;
                        return sizeRef(element);
                    }}
                    className={styles.track}
                    role="slider"
                    tabIndex={0}
                    aria-label="Position in the video"
                    aria-valuemin={0}
                    aria-valuemax={Math.round(durationUs / US_PER_MS)}
                    aria-valuenow={Math.round(us / US_PER_MS)}
                    aria-valuetext={`${formatTimecode(us)} of ${formatTimecode(durationUs)}`}
                    onKeyDown={onKeyDown}
                    onPointerDown={event => {
                        if (event.button !== 0) return;
                        event.currentTarget.setPointerCapture(event.pointerId);
                        playback.seekTo(usOf(viewport, xIn(event), size.width));
                    }}
                    onPointerMove={onPointerMove}
                    onPointerLeave={() => setHoverX(null)}
                >
                    <TimelineCanvas
                        viewport={viewport}
                        size={size}
                        columns={data.columns}
                        borders={borders}
                        missing={data.missing}
                        labelFill={marked.label === null ? null : labelColour(marked.label).fill}
                        selectedUs={selectedUs}
                    />
                    {hoverX !== null && (
                        <TimelineHover video={video} viewport={viewport} x={hoverX} width={size.width} />
                    )}
                    <div ref={playhead} className={styles.playhead} />
                </div>
                {splitting !== null && <SplitHandle {...{ playback, viewport, splitting }} width={size.width} />}
            </div>
            <div className={styles.zoom}>
                <IconButton
                    size="s"
                    label="Timeline: show less"
                    shortcut="+"
                    icon={<ZoomInIcon />}
                    onClick={() => zoom(1 / ZOOM_STEP)}
                />
                <IconButton
                    size="s"
                    label="Timeline: show more"
                    shortcut="-"
                    icon={<ZoomOutIcon />}
                    disabled={spanOf(viewport) >= durationUs}
                    onClick={() => zoom(ZOOM_STEP)}
                />
            </div>
        </div>
    );
}
