import { useEffect, useEffectEvent, useImperativeHandle, useMemo, useRef, useState, type Ref } from 'react';
import type { Schema } from '@/api/client.ts';
import { usePlayback } from '../hooks/usePlayback.ts';
import { usePlayerShortcuts } from '../hooks/usePlayerShortcuts.ts';
import { useSamples } from '../hooks/useSamples.ts';
import { useSelected } from '../hooks/useSelected.ts';
import { useViewport } from '../hooks/useViewport.ts';
import { ALL_SHOWN, readingOrder, stateOf, visibleBoxes } from '../model/layer.ts';
import { boxesAt, type PlacedBox } from '../model/samples.ts';
import { ControlBar } from './ControlBar.tsx';
import { ObjectLayer } from './ObjectLayer.tsx';
import { ObjectStrip } from './ObjectStrip.tsx';
import styles from './Player.module.css';
import { Stage } from './Stage.tsx';
import { StageNotice } from './StageNotice.tsx';
import { Timeline } from './Timeline.tsx';

export interface PlayerHandle {
    seekTo(us: number): void;
    play(): void;
    pause(): void;
    /** Of the frame that is shown. */
    currentUs(): number;
}

export interface ObjectSelection {
    object: Schema<'Object'>;
    frameId: string;
    index: number;
    ptsUs: number;
}

export interface PlayerProps {
    video: Schema<'Video'>;
    /** Where to begin; later changes are told by seekTo(). */
    initialUs: number;
    /** Id of an object. */
    selected: string | null;
    /** Emphasised on the timeline. */
    activeLabel: string | null;
    /** After a pause, seek or step; at most once a second while playing. */
    onTimeSettled: (us: number) => void;
    onSelect: (selection: ObjectSelection | null) => void;
    ref?: Ref<PlayerHandle>;
}

function selectionOf({ object, frame }: PlacedBox): ObjectSelection {
    return { object, frameId: frame.id, index: frame.index, ptsUs: frame.pts_us };
}

/** The video with its objects, the controls and the timeline. Fills the height it is given. */
export function Player({ video, initialUs, selected, activeLabel, onTimeSettled, onSelect, ref }: PlayerProps) {
    const root = useRef<HTMLElement>(null);
    const playback = usePlayback(video, initialUs);
    const loaded = useSamples(video, playback);
    const { samples } = loaded;
    const [options, setOptions] = useState(ALL_SHOWN);
    const [hovered, setHovered] = useState<string | null>(null);
    const { selection, track, selectedUs } = useSelected(samples, selected);
    const durationUs = video.media.duration_us;
    const control = useViewport(playback, durationUs);
    const marked = useMemo(() => ({ label: activeLabel, track }), [activeLabel, track]);

    const settled = useEffectEvent((us: number) => onTimeSettled(us));
    useEffect(() => playback.subscribeSettled(us => settled(us)), [playback]);
    useImperativeHandle(
        ref,
        () => ({
            seekTo: us => playback.seekTo(us),
            play: () => playback.play(),
            pause: () => playback.pause(),
            currentUs: playback.currentUs,
        }),
        [playback],
    );

    function choose(box: PlacedBox | null) {
        if (box !== null) {
            // One looks at what one has chosen: it should not run away.
            playback.pause();
            onSelect(selectionOf(box));
        } else if (selected !== null) onSelect(null);
    }

    function chooseBeside(direction: 1 | -1) {
        const boxes = readingOrder(visibleBoxes(boxesAt(samples, playback.currentUs()), options, selection));
        const at = boxes.findIndex(box => stateOf(box, selection) === 'selected');
        const next = at < 0 ? (direction > 0 ? 0 : boxes.length - 1) : (at + direction + boxes.length) % boxes.length;
        choose(boxes[next] ?? null);
    }

    function toggleFullscreen() {
        // Refused where the browser or the page around does not allow it: then all stays as it is.
        const change =
            document.fullscreenElement === null ? root.current?.requestFullscreen() : document.exitFullscreen();
        change?.catch(() => undefined);
    }

    usePlayerShortcuts({
        ...{ playback, durationUs, options, chooseBeside, toggleFullscreen },
        onOptions: setOptions,
        deselect: () => onSelect(null),
        zoom: control.zoom,
    });

    const shared = { playback, samples, options, selection, hovered, onHover: setHovered, onChoose: choose };
    return (
        <section ref={root} className={styles.player} aria-label="Player">
            <Stage video={video} playback={playback} samples={samples}>
                {(size, picture) => (
                    <>
                        <ObjectLayer {...shared} size={size} picture={picture} />
                        <StageNotice video={video} playback={playback} loaded={loaded} />
                    </>
                )}
            </Stage>
            <ObjectStrip
                {...shared}
                isPending={loaded.isPending}
                growing={video.state === 'queued' || video.state === 'running'}
            />
            <ControlBar
                playback={playback}
                samples={samples}
                durationUs={durationUs}
                hasAudio={video.media.has_audio}
                options={options}
                onOptions={setOptions}
                onFullscreen={toggleFullscreen}
            />
            <Timeline video={video} playback={playback} control={control} marked={marked} selectedUs={selectedUs} />
        </section>
    );
}
