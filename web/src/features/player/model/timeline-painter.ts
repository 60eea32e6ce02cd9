// Draws the timeline: times, objects along the video, where the label and the track are.
import { formatTimecode } from '@/lib/format.ts';
import { US_PER_S } from '@/lib/time.ts';
import { densest, type Column, type Span } from './density.ts';
import type { Size } from './geometry.ts';
import { ticks, xOf, type Viewport } from './viewport.ts';

export const TIMELINE_HEIGHT = 64;
const RULER = 18;
const DENSITY_BOTTOM = 46;
const LABEL_LANE = 49;
const TRACK_LANE = 56;
const LANE_HEIGHT = 5;

export interface TimelineColours {
    text: string;
    line: string;
    density: string;
    missing: string;
    accent: string;
    /** Around marks whose colour is too light for the background. */
    outline: string;
    font: string;
}

export function readTimelineColours(element: Element): TimelineColours {
    const style = getComputedStyle(element);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    return {
        text: colour('--text-3'),
        line: colour('--border'),
        density: colour('--border-control'),
        missing: colour('--border-strong'),
        accent: colour('--accent'),
        outline: colour('--text-2'),
        font: style.fontFamily,
    };
}

export interface TimelineScene {
    viewport: Viewport;
    size: Size;
    pixelRatio: number;
    columns: readonly Column[];
    /** Where segments begin. */
    borders: readonly number[];
    missing: readonly Span[];
    labelFill: string | null;
    /** Where the selected object is, if it has no track. */
    selectedUs: number | null;
    colours: TimelineColours;
}

type Context = CanvasRenderingContext2D;

function drawRuler(context: Context, { viewport, size, colours }: TimelineScene) {
    const { us, stepUs } = ticks(viewport, size.width);
    context.font = `11px ${colours.font}`;
    context.textBaseline = 'middle';
    for (const at of us) {
        const x = Math.round(xOf(viewport, at, size.width)) + 0.5;
        context.fillStyle = colours.line;
        context.fillRect(x - 0.5, 0, 1, RULER);
        context.fillStyle = colours.text;
        const text = formatTimecode(at, { ms: stepUs < US_PER_S });
        if (x + 4 + context.measureText(text).width <= size.width) context.fillText(text, x + 4, RULER / 2);
    }
}

function drawMissing(context: Context, { viewport, size, missing, colours }: TimelineScene) {
    context.strokeStyle = colours.missing;
    context.lineWidth = 1;
    for (const { fromUs, toUs } of missing) {
        const from = Math.max(0, xOf(viewport, fromUs, size.width));
        const to = Math.min(size.width, xOf(viewport, toUs, size.width));
        if (to <= from) continue;
        context.save();
        context.beginPath();
        context.rect(from, RULER, to - from, size.height - RULER);
        context.clip();
        context.beginPath();
        for (let x = from - (from % 8) - size.height; x < to; x += 8) {
            context.moveTo(x, size.height);
            context.lineTo(x + size.height, 0);
        }
        context.stroke();
        context.restore();
    }
}

function drawLane(
    context: Context,
    scene: TimelineScene,
    y: number,
    from: Column,
    style: { fill: string; strong: boolean },
) {
    const x = xOf(scene.viewport, from.fromUs, scene.size.width);
    const width = Math.max(2, xOf(scene.viewport, from.toUs, scene.size.width) - x);
    context.globalAlpha = style.strong ? 1 : 0.5;
    context.fillStyle = style.fill;
    context.fillRect(x, style.strong ? y : y + 1.5, width, style.strong ? LANE_HEIGHT : LANE_HEIGHT - 3);
    context.globalAlpha = 1;
}

function drawColumns(context: Context, scene: TimelineScene) {
    const { viewport, size, columns, colours, labelFill } = scene;
    const seen = columns.filter(({ fromUs, toUs }) => toUs > viewport.fromUs && fromUs < viewport.toUs);
    const most = Math.max(1, densest(seen));
    context.fillStyle = colours.density;
    for (const { fromUs, toUs, density } of seen) {
        if (density === null || density === 0) continue;
        const x = xOf(viewport, fromUs, size.width);
        const height = Math.max(1, (density / most) * (DENSITY_BOTTOM - RULER - 2));
        context.fillRect(x, DENSITY_BOTTOM - height, xOf(viewport, toUs, size.width) - x + 0.3, height);
    }
    for (const column of seen) {
        const labelled = column.explicit > 0 || column.probable > 0;
        if (labelFill !== null && labelled)
            drawLane(context, scene, LABEL_LANE, column, { fill: labelFill, strong: column.explicit > 0 });
        if (column.track > 0) drawLane(context, scene, TRACK_LANE, column, { fill: colours.accent, strong: true });
    }
}

export function paintTimeline(context: Context, scene: TimelineScene) {
    const { viewport, size, pixelRatio, colours } = scene;
    context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    context.fillStyle = colours.line;
    for (const border of scene.borders) {
        const x = Math.round(xOf(viewport, border, size.width));
        if (x > 0 && x < size.width) context.fillRect(x, RULER, 1, size.height - RULER);
    }
    context.fillRect(0, DENSITY_BOTTOM, size.width, 1);
    drawMissing(context, scene);
    drawColumns(context, scene);
    drawRuler(context, scene);
    if (scene.selectedUs !== null) {
        context.fillStyle = colours.accent;
        context.fillRect(xOf(viewport, scene.selectedUs, size.width) - 2, TRACK_LANE, 4, LANE_HEIGHT);
    }
}
