import { useEffect, useEffectEvent, useImperativeHandle, useMemo, useRef, useState, type Ref } from 'react';
import type { Schema } from '@/api/client.ts';
import { isUnfinished } from '@/api/video.ts';
import { usePlayback } from '../hooks/usePlayback.ts';
import { usePlayerShortcuts } from '../hooks/usePlayerShortcuts.ts';
import { useSamples } from '../hooks/useSamples.ts';
import { useSelected } from '../hooks/useSelected.ts';
import { useViewport } from '../hooks/useViewport.ts';
import { ALL_SHOWN, readingOrder, stateOf, visibleBoxes } from '../model/layer.ts';
import { boxesAt, sampleWhere, type PlacedBox } from '../model/samples.ts';
import { ControlBar } from './ControlBar.tsx';
import { ObjectLayer, type LayerHandle } from './ObjectLayer.tsx';
import { ObjectStrip } from './ObjectStrip.tsx';
import { PickBanner } from './PickBanner.tsx';
import styles from './Player.module.css';
import type { Splitting } from './SplitHandle.tsx';
import { Stage } from './Stage.tsx';
import { StageNotice } from './StageNotice.tsx';
import { Timeline } from './Timeline.tsx';

export interface PlayerHandle {
    seekTo(us: number): void;
    play(): void;
    pause(): void;
    /** Of the frame that is shown. */
    currentUs(): number;
    /** The smallest box under a point of the window. */
    boxAt(clientX: number, clientY: number): ObjectSelection | null;
    /** Marks an object as if the pointer were over it, while something is dragged; null: none. */
    point(object: string | null): void;
}

/** An object, and the sampled frame it is in. */
export interface ObjectSelection {
    object: Schema<'Object'>;
    frame: Schema<'Frame'>;
}

/** While an object is to be picked for something: clicks and keys pick it, and select nothing. */
export interface Picking {
    /** What for, as a sentence. */
    text: string;
    accepts: (object: Schema<'Object'>) => boolean;
    onPick: (picked: ObjectSelection) => void;
    onCancel: () => void;
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
    picking?: Picking | null;
    /** Where the selected track can be split; with the key for it. */
    splitting?: Splitting | null;
    ref?: Ref<PlayerHandle>;
}

function selectionOf({ object, frame }: PlacedBox): ObjectSelection {
    return { object, frame };
}

/** The video with its objects, the controls and the timeline. Fills the height it is given. */
export function Player(props: PlayerProps) {
    const { video, initialUs, selected, activeLabel, onTimeSettled, onSelect, picking, splitting, ref } = props;
    const root = useRef<HTMLElement>(null);
    const layer = useRef<LayerHandle>(null);
    const strip = useRef<HTMLUListElement>(null);
    const playback = usePlayback(video, initialUs);
    const loaded = useSamples(video, playback);
    const { samples } = loaded;
    const [options, setOptions] = useState(ALL_SHOWN);
    const [hovered, setHovered] = useState<string | null>(null);
    /** By something that is dragged over the picture. */
    const [pointed, setPointed] = useState<string | null>(null);
    const { selection, track, selectedUs } = useSelected(samples, selected);
    const durationUs = video.media.duration_us;
    const control = useViewport(playback, durationUs);
    const marked = useMemo(() => ({ label: activeLabel, track }), [activeLabel, track]);

    const isPicking = Boolean(picking);
    useEffect(() => {
        const player = root.current;
        if (!isPicking || player === null) return undefined;
        const before = document.activeElement;
        // Keys are about the player now; and on a phone it may be out of sight.
        player.focus();
        return () => {
            const now = document.activeElement;
            const isHere = now === document.body || player.contains(now);
            if (isHere && before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
        };
    }, [isPicking]);

    const settled = useEffectEvent((us: number) => onTimeSettled(us));
    useEffect(() => playback.subscribeSettled(us => settled(us)), [playback]);
    useImperativeHandle(
        ref,
        () => ({
            seekTo: us => playback.seekTo(us),
            play: () => playback.play(),
            pause: () => playback.pause(),
            currentUs: playback.currentUs,
            boxAt: (x, y) => {
                const box = layer.current?.boxAt(x, y) ?? null;
                return box === null ? null : selectionOf(box);
            },
            point: setPointed,
        }),
        [playback],
    );

    function choose(box: PlacedBox | null) {
        if (picking) {
            if (box === null) return;
            playback.pause();
            picking.onPick(selectionOf(box));
        } else if (box !== null) {
            // One looks at what one has chosen: it should not run away.
            playback.pause();
            onSelect(selectionOf(box));
        } else if (selected !== null) onSelect(null);
    }

    /** While one is picked there is nothing selected to go on from: the keys lead through the list, and Enter picks. */
    function focusBeside(direction: 1 | -1) {
        const all = [...(strip.current?.querySelectorAll<HTMLElement>('[role=option]:not([aria-disabled])') ?? [])];
        const at = all.indexOf(document.activeElement as HTMLElement);
        const next = at < 0 ? (direction > 0 ? 0 : all.length - 1) : (at + direction + all.length) % all.length;
        all[next]?.focus();
    }

    const shownAt = (us: number) => readingOrder(visibleBoxes(boxesAt(samples, us), options, selection));
    const withObjects = (us: number, direction: 1 | -1) =>
        sampleWhere(samples, us, direction, frame => shownAt(frame.pts_us).length > 0);

    /** From a picture with nothing in it to the nearest one with something, which is chosen then. */
    function goToObjects(direction: 1 | -1) {
        const frame = withObjects(playback.currentUs(), direction);
        if (frame === undefined) return;
        const [first] = shownAt(frame.pts_us);
        playback.pause();
        playback.seekTo(frame.pts_us);
        // While one is picked, being there picks nothing.
        if (first !== undefined && !picking) onSelect(selectionOf(first));
    }

    function chooseBeside(direction: 1 | -1) {
        const boxes = shownAt(playback.currentUs());
        if (boxes.length === 0) {
            goToObjects(direction);
            return;
        }
        if (picking) {
            focusBeside(direction);
            return;
        }
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
        deselect: () => (picking ? picking.onCancel() : onSelect(null)),
        zoom: control.zoom,
    });

    const shared = {
        ...{ playback, samples, options, selection },
        hovered: pointed ?? hovered,
        accepts: picking?.accepts ?? null,
        onHover: setHovered,
        onChoose: choose,
    };
    return (
        <section ref={root} tabIndex={-1} className={styles.player} aria-label="Player">
            {picking && <PickBanner text={picking.text} onCancel={picking.onCancel} />}
            <Stage video={video} playback={playback} samples={samples}>
                {(size, picture) => (
                    <>
                        <ObjectLayer ref={layer} {...shared} size={size} picture={picture} />
                        <StageNotice video={video} playback={playback} loaded={loaded} />
                    </>
                )}
            </Stage>
            <ObjectStrip
                ref={strip}
                {...shared}
                isPending={loaded.isPending}
                onNext={() => goToObjects(1)}
                hasNext={us => withObjects(us, 1) !== undefined}
                growing={isUnfinished(video)}
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
            <Timeline
                {...{ video, playback, control, marked, selectedUs }}
                // While one is picked, the keys and the pointer are about that.
                splitting={picking ? null : (splitting ?? null)}
            />
        </section>
    );
}
