import { useEffectEvent, useLayoutEffect, useRef, type PointerEvent } from 'react';
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

interface Props {
    playback: Playback;
    samples: Samples;
    options: LayerOptions;
    selection: Selection;
    hovered: string | null;
    size: Size;
    /** Where the picture is in the stage. */
    picture: Rect;
    onHover: (id: string | null) => void;
    onChoose: (box: PlacedBox | null) => void;
}

const SAME_PLACE_PX = 4;

/** The boxes over the picture. The list of objects says the same to those who do not see it. */
export function ObjectLayer(props: Props) {
    const { playback, samples, options, selection, hovered, size, picture, onHover, onChoose } = props;
    const canvas = useRef<LayerCanvas>(null);
    const drawn = useRef<DrawnBox[]>([]);
    const palette = useRef<Palette>(null);
    const lastClick = useRef({ x: -1, y: -1 });
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

    function under(event: PointerEvent): DrawnBox[] {
        const bounds = event.currentTarget.getBoundingClientRect();
        return boxesUnder(drawn.current, event.clientX - bounds.left, event.clientY - bounds.top);
    }

    function hover(event: PointerEvent<HTMLCanvasElement>) {
        const found = under(event);
        event.currentTarget.style.cursor = found.length > 0 ? 'pointer' : 'default';
        onHover(found[0]?.placed.object.id ?? null);
    }

    function click(event: PointerEvent) {
        if (event.button !== 0) return;
        const { x, y } = lastClick.current;
        const samePlace = Math.hypot(event.clientX - x, event.clientY - y) <= SAME_PLACE_PX;
        lastClick.current = { x: event.clientX, y: event.clientY };
        onChoose(clickedBox(under(event), samePlace)?.placed ?? null);
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
            onPointerUp={click}
        />
    );
}
