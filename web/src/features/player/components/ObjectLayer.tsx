import { useEffectEvent, useImperativeHandle, useLayoutEffect, useRef, type PointerEvent, type Ref } from 'react';
import { usePixelRatio } from '../hooks/useElementSize.ts';
import { boxOnPicture, type Rect, type Size } from '../model/geometry.ts';
import {
    boxesUnder,
    clickedBox,
    stateOf,
    visibleBoxes,
    type DrawnBox,
    type LayerOptions,
    type Selection,
} from '../model/layer.ts';
import { paint, readPalette, type Palette } from '../model/painter.ts';
import type { Playback } from '../model/playback.ts';
import { boxesAt, type PlacedBox, type Samples } from '../model/samples.ts';
import styles from './ObjectLayer.module.css';

/** What is on the canvas, on the element itself: for tests and for measuring. */
export interface LayerCanvas extends HTMLCanvasElement {
    layer?: { ptsUs: number; picture: Rect; boxes: { id: string; state: string; rect: Rect }[] };
}

export interface LayerHandle {
    /** The smallest box under a point of the window. */
    boxAt(clientX: number, clientY: number): PlacedBox | null;
}

interface Props {
    playback: Playback;
    samples: Samples;
    options: LayerOptions;
    selection: Selection;
    hovered: string | null;
    size: Size;
    /** Where the picture is in the stage. */
    picture: Rect;
    /** While one is picked: whether it can be this one. */
    accepts: ((object: PlacedBox['object']) => boolean) | null;
    onHover: (id: string | null) => void;
    onChoose: (box: PlacedBox | null) => void;
    ref?: Ref<LayerHandle>;
}

const SAME_PLACE_PX = 4;

/** The boxes over the picture. The list of objects says the same to those who do not see it. */
export function ObjectLayer(props: Props) {
    const { playback, samples, options, selection, hovered, size, picture, accepts, onHover, onChoose, ref } = props;
    const canvas = useRef<LayerCanvas>(null);
    const drawn = useRef<DrawnBox[]>([]);
    const palette = useRef<Palette>(null);
    const lastClick = useRef({ x: -1, y: -1 });
    const pressed = useRef<{ x: number; y: number } | null>(null);
    const pixelRatio = usePixelRatio();

    const draw = useEffectEvent(() => {
        const element = canvas.current;
        const context = element?.getContext('2d');
        if (!element || !context) return;
        palette.current ??= readPalette(element);
        const ptsUs = playback.currentUs();
        drawn.current = visibleBoxes(boxesAt(samples, ptsUs), options, selection).map(placed => ({
            placed,
            state: stateOf(placed, selection),
            rect: boxOnPicture(placed.box, placed.frame, picture),
        }));
        paint(context, { drawn: drawn.current, hovered, size, pixelRatio, palette: palette.current });
        element.layer = {
            ptsUs,
            picture,
            boxes: drawn.current.map(({ placed, state, rect }) => ({ id: placed.object.id, state, rect })),
        };
    });

    useLayoutEffect(() => playback.subscribeTime(() => draw()), [playback]);
    useLayoutEffect(() => draw(), [samples, options, selection, hovered, size, picture, pixelRatio]);

    function under(clientX: number, clientY: number): DrawnBox[] {
        const bounds = canvas.current?.getBoundingClientRect();
        if (bounds === undefined) return [];
        const boxes = boxesUnder(drawn.current, clientX - bounds.left, clientY - bounds.top);
        return accepts === null ? boxes : boxes.filter(({ placed }) => accepts(placed.object));
    }
    useImperativeHandle(ref, () => ({ boxAt: (x, y) => under(x, y)[0]?.placed ?? null }));

    function hover(event: PointerEvent<HTMLCanvasElement>) {
        const found = under(event.clientX, event.clientY);
        const over = accepts === null ? 'pointer' : 'crosshair';
        event.currentTarget.style.cursor = found.length > 0 ? over : 'default';
        onHover(found[0]?.placed.object.id ?? null);
    }

    function press({ clientX: x, clientY: y }: PointerEvent) {
        pressed.current = { x, y };
    }

    function release(event: PointerEvent) {
        const from = pressed.current;
        pressed.current = null;
        const { clientX, clientY } = event;
        // What was dragged over the picture, or out of it, is no click.
        if (event.button !== 0 || from === null || Math.hypot(clientX - from.x, clientY - from.y) > SAME_PLACE_PX)
            return;
        const { x, y } = lastClick.current;
        const samePlace = Math.hypot(clientX - x, clientY - y) <= SAME_PLACE_PX;
        lastClick.current = { x: clientX, y: clientY };
        onChoose(clickedBox(under(clientX, clientY), samePlace && accepts === null)?.placed ?? null);
    }

    return (
        <canvas
            ref={canvas}
            className={styles.layer}
            width={Math.round(size.width * pixelRatio)}
            height={Math.round(size.height * pixelRatio)}
            aria-hidden="true"
            data-testid="object-layer"
            onPointerMove={hover}
            onPointerLeave={() => onHover(null)}
            onPointerDown={press}
            onPointerUp={release}
        />
    );
}
