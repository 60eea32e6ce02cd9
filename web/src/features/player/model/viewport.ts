// The part of a video that the timeline shows.
import { clamp, US_PER_MS, US_PER_S } from '@/lib/time.ts';

export interface Viewport {
    fromUs: number;
    toUs: number;
}

const SPAN_LEAST_US = 2 * US_PER_S;

export function spanOf({ fromUs, toUs }: Viewport): number {
    return toUs - fromUs;
}

export function whole(durationUs: number): Viewport {
    return { fromUs: 0, toUs: Math.max(1, durationUs) };
}

function moveTo(fromUs: number, span: number, durationUs: number): Viewport {
    const from = clamp(fromUs, 0, Math.max(0, durationUs - span));
    return { fromUs: from, toUs: from + span };
}

/** Shows `factor` times as much, with the moment `atUs` staying in its place. */
export function zoomed(viewport: Viewport, factor: number, atUs: number, durationUs: number): Viewport {
    const all = Math.max(1, durationUs);
    const span = clamp(spanOf(viewport) * factor, Math.min(SPAN_LEAST_US, all), all);
    const share = (atUs - viewport.fromUs) / spanOf(viewport);
    return moveTo(atUs - share * span, span, all);
}

export function panned(viewport: Viewport, byUs: number, durationUs: number): Viewport {
    return moveTo(viewport.fromUs + byUs, spanOf(viewport), Math.max(1, durationUs));
}

/** The viewport with `us` in it: unchanged if it is, else turned to the page where it comes soon after the beginning. */
export function following(viewport: Viewport, us: number, durationUs: number): Viewport {
    if (us >= viewport.fromUs && us <= viewport.toUs) return viewport;
    return moveTo(us - spanOf(viewport) * 0.1, spanOf(viewport), Math.max(1, durationUs));
}

/** After the length of the video became known or grew: still all of it if it was all. */
export function stretched(viewport: Viewport, oldDurationUs: number, durationUs: number): Viewport {
    if (spanOf(viewport) >= oldDurationUs) return whole(durationUs);
    return moveTo(viewport.fromUs, Math.min(spanOf(viewport), durationUs), durationUs);
}

export function xOf(viewport: Viewport, us: number, width: number): number {
    return ((us - viewport.fromUs) / spanOf(viewport)) * width;
}

export function usOf(viewport: Viewport, x: number, width: number): number {
    return Math.round(viewport.fromUs + (x / Math.max(1, width)) * spanOf(viewport));
}

const STEPS_US = [
    ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map(ms => ms * US_PER_MS),
    ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400].map(s => s * US_PER_S),
];

/** Round times about `apart` pixels from each other. */
export function ticks(viewport: Viewport, width: number, apart = 90): { us: number[]; stepUs: number } {
    const least = (spanOf(viewport) * apart) / Math.max(1, width);
    const stepUs = STEPS_US.find(step => step >= least) ?? STEPS_US.at(-1) ?? US_PER_S;
    const us: number[] = [];
    for (let at = Math.ceil(viewport.fromUs / stepUs) * stepUs; at <= viewport.toUs; at += stepUs) us.push(at);
    return { us, stepUs };
}

export interface Tile {
    fromUs: number;
    toUs: number;
}

/**
 * The parts to fetch for a viewport: the whole video divided by a power of two, so that zooming and panning ask for the
 * same parts again. At most three.
 */
export function tilesOf(viewport: Viewport, durationUs: number): Tile[] {
    const all = Math.max(1, durationUs);
    const level = Math.max(0, Math.floor(Math.log2(all / spanOf(viewport))));
    const count = 2 ** level;
    const edge = (i: number) => Math.round((all * i) / count);
    const first = clamp(Math.floor((viewport.fromUs / all) * count), 0, count - 1);
    const last = clamp(Math.ceil((viewport.toUs / all) * count) - 1, first, count - 1);
    return Array.from({ length: last - first + 1 }, (_, i) => ({ fromUs: edge(first + i), toUs: edge(first + i + 1) }));
}
