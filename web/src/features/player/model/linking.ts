// Which object of one sampled frame is which of the next: by track where the server says so, else by class and place.
// The second is a guess that only serves to move boxes smoothly.
import type { Schema } from '@/api/client.ts';
import { clamp, US_PER_S } from '@/lib/time.ts';
import { iou, type Box } from './geometry.ts';

type Frame = Schema<'Frame'>;
type ObjectInFrame = Schema<'Object'>;

/** From the index of an object in the first frame to its index in the second. */
export type Links = ReadonlyMap<number, number>;

const OVERLAP_LEAST = 0.25;
// A box may move this many times its own size in a second, and between two samples by no less and no more than these.
const SIZES_PER_SECOND = 4;
const MOVE_LEAST = 0.35;
const MOVE_MOST = 1;
const SIZE_RATIO_LEAST = 0.6;
// Boxes that do not overlap are linked only where nothing else comes close to being the one.
const CLEARLY_BETTER = 0.2;

function ratio(a: number, b: number): number {
    return a > 0 && b > 0 ? Math.min(a, b) / Math.max(a, b) : 0;
}

/** How likely two boxes are the same thing, 0 (not at all) to 2; `move` is the farthest it can have come, in box sizes. */
function affinity(a: Box, b: Box, move: number): number {
    const [ax = 0, ay = 0, aw = 0, ah = 0] = a;
    const [bx = 0, by = 0, bw = 0, bh = 0] = b;
    const size = Math.sqrt(Math.max(1, (aw * ah + bw * bh) / 2));
    const far = Math.hypot(ax + aw / 2 - bx - bw / 2, ay + ah / 2 - by - bh / 2) / size;
    const similar = Math.min(ratio(aw, bw), ratio(ah, bh));
    const overlap = iou(a, b);
    if (overlap < OVERLAP_LEAST && (far > move || similar < SIZE_RATIO_LEAST)) return 0;
    return overlap + Math.max(0, 1 - far / move) * similar;
}

interface Best {
    index: number;
    score: number;
    /** The score of the next best. */
    second: number;
}

function consider(best: Best | undefined, index: number, score: number): Best {
    if (best === undefined) return { index, score, second: 0 };
    if (score > best.score) return { index, score, second: best.score };
    return score > best.second ? { ...best, second: score } : best;
}

function linkTracks(a: readonly ObjectInFrame[], b: readonly ObjectInFrame[], links: Map<number, number>) {
    const inNext = new Map<string, number>();
    b.forEach((object, j) => object.track !== null && inNext.set(object.track, j));
    a.forEach((object, i) => {
        const j = object.track === null ? undefined : inNext.get(object.track);
        if (j !== undefined) links.set(i, j);
    });
}

function linkByPlace(
    a: readonly ObjectInFrame[],
    b: readonly ObjectInFrame[],
    move: number,
    links: Map<number, number>,
) {
    const forward = new Map<number, Best>();
    const backward = new Map<number, Best>();
    a.forEach((from, i) => {
        if (from.track !== null) return;
        b.forEach((to, j) => {
            if (to.track !== null || to.class !== from.class) return;
            const score = affinity(from.box, to.box, move);
            if (score <= 0) return;
            forward.set(i, consider(forward.get(i), j, score));
            backward.set(j, consider(backward.get(j), i, score));
        });
    });
    for (const [i, best] of forward) {
        const back = backward.get(best.index);
        if (back?.index !== i) continue;
        const overlaps = iou(a[i]?.box ?? [], b[best.index]?.box ?? []) >= OVERLAP_LEAST;
        const rival = Math.max(best.second, back.second);
        if (overlaps || rival === 0 || best.score - rival >= CLEARLY_BETTER) links.set(i, best.index);
    }
}

export function linkFrames(a: Frame, b: Frame): Links {
    const links = new Map<number, number>();
    const seconds = Math.max(0, b.pts_us - a.pts_us) / US_PER_S;
    linkTracks(a.objects, b.objects, links);
    linkByPlace(a.objects, b.objects, clamp(SIZES_PER_SECOND * seconds, MOVE_LEAST, MOVE_MOST), links);
    return links;
}

const cache = new WeakMap<Frame, { next: Frame; links: Links }>();

/** The same, remembered as long as the first frame lives. */
export function linksBetween(a: Frame, b: Frame): Links {
    const known = cache.get(a);
    if (known?.next === b) return known.links;
    const links = linkFrames(a, b);
    cache.set(a, { next: b, links });
    return links;
}
