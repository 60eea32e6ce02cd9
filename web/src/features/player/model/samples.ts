// The sampled frames that are known, in order, and what is to be drawn at a time between them.
import type { Schema } from '@/api/client.ts';
import { US_PER_S } from '@/lib/time.ts';
import { boxBetween, type Box } from './geometry.ts';
import { linksBetween } from './linking.ts';

type Frame = Schema<'Frame'>;
type ObjectInFrame = Schema<'Object'>;

/** The browser's times are rounded, and some containers know milliseconds only. */
export const SAME_TIME_US = 500;
// Over a longer gap (frames that failed, or are not indexed yet) nothing is guessed.
const GAP_MOST_INTERVALS = 3.5;
// How far a selection is followed by guessed links, in samples each way.
const FOLLOW_MOST = 300;

export interface Samples {
    /** Indexed frames, by time. */
    frames: readonly Frame[];
    /** The time between two samples, about. */
    intervalUs: number;
}

export const NO_SAMPLES: Samples = { frames: [], intervalUs: US_PER_S };

/** A box at a moment, and the object of a sampled frame it stands for. */
export interface PlacedBox {
    object: ObjectInFrame;
    frame: Frame;
    box: Box;
    /** The same thing in the other of the two samples around the moment. */
    twin: ObjectInFrame | null;
}

export function intervalOf(video: Pick<Schema<'Video'>, 'fps' | 'media'>): number {
    const rates = [video.fps, video.media.frame_rate].filter(rate => typeof rate === 'number' && rate > 0) as number[];
    return rates.length === 0 ? US_PER_S : US_PER_S / Math.min(...rates);
}

export function makeSamples(frames: Iterable<Frame>, intervalUs: number): Samples {
    const indexed = [...frames].filter(frame => frame.state === 'indexed');
    indexed.sort((a, b) => a.pts_us - b.pts_us);
    return { frames: indexed, intervalUs };
}

/** The place of the last sample at or before a time; -1: none. */
export function sampleIndexAt({ frames }: Samples, us: number): number {
    let low = 0;
    let high = frames.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if ((frames[middle]?.pts_us ?? Infinity) <= us + SAME_TIME_US) low = middle + 1;
        else high = middle;
    }
    return low - 1;
}

/** The last sample at or before a time. */
export function sampleAt(samples: Samples, us: number): Frame | undefined {
    return samples.frames[sampleIndexAt(samples, us)];
}

/** The sample next to a time in a direction: never the one at that very time. */
export function sampleBeside(samples: Samples, us: number, direction: 1 | -1): Frame | undefined {
    const at = sampleIndexAt(samples, us);
    if (direction > 0) return samples.frames[at + 1];
    const here = samples.frames[at];
    return here !== undefined && us - here.pts_us <= SAME_TIME_US ? samples.frames[at - 1] : here;
}

/** The nearest sample in a direction of which something holds, as far as samples are known. */
export function sampleWhere(
    samples: Samples,
    us: number,
    direction: 1 | -1,
    holds: (frame: Frame) => boolean,
): Frame | undefined {
    const first = sampleBeside(samples, us, direction);
    const { frames } = samples;
    for (let at = first === undefined ? -1 : frames.indexOf(first); at >= 0; at += direction) {
        const frame = frames[at];
        if (frame === undefined || holds(frame)) return frame;
    }
    return undefined;
}

/** The sample nearest to a time. */
export function sampleNear(samples: Samples, us: number): Frame | undefined {
    const at = sampleIndexAt(samples, us);
    const before = samples.frames[at];
    const after = samples.frames[at + 1];
    if (before === undefined || after === undefined) return before ?? after;
    return us - before.pts_us <= after.pts_us - us ? before : after;
}

/** The exact time of the sample a time belongs to, or the time itself. */
export function snapToSample(samples: Samples, us: number): number {
    const near = sampleNear(samples, us);
    return near !== undefined && Math.abs(near.pts_us - us) <= SAME_TIME_US ? near.pts_us : us;
}

/** Whether something was looked at near a time: else it is not known what is in the picture. */
export function isKnownAt(samples: Samples, us: number): boolean {
    const near = sampleNear(samples, us);
    return near !== undefined && Math.abs(near.pts_us - us) <= GAP_MOST_INTERVALS * samples.intervalUs;
}

function placeAll(frame: Frame): PlacedBox[] {
    return frame.objects.map(object => ({ object, frame, box: object.box, twin: null }));
}

function placeBetween(a: Frame, b: Frame, us: number, intervalUs: number): PlacedBox[] {
    const gap = b.pts_us - a.pts_us;
    const t = (us - a.pts_us) / gap;
    const half = Math.min(gap, 2 * intervalUs) / 2;
    const links = gap <= GAP_MOST_INTERVALS * intervalUs ? linksBetween(a, b) : new Map<number, number>();
    const taken = new Set<number>();
    const placed: PlacedBox[] = [];
    a.objects.forEach((object, i) => {
        const j = links.get(i);
        const other = j === undefined ? undefined : b.objects[j];
        if (j !== undefined && other !== undefined) {
            taken.add(j);
            const box = boxBetween(object.box, other.box, t);
            placed.push(
                t < 0.5 ? { object, frame: a, box, twin: other } : { object: other, frame: b, box, twin: object },
            );
        } else if (us - a.pts_us <= half) placed.push({ object, frame: a, box: object.box, twin: null });
    });
    if (b.pts_us - us < half) placed.push(...placeAll(b).filter((_, j) => !taken.has(j)));
    return placed;
}

/** What is in the picture that is shown at `us`. */
export function boxesAt(samples: Samples, us: number): PlacedBox[] {
    const { frames, intervalUs } = samples;
    const at = sampleIndexAt(samples, us);
    const a = frames[at];
    const b = frames[at + 1];
    if (a !== undefined && us - a.pts_us <= SAME_TIME_US) return placeAll(a);
    if (a !== undefined && b !== undefined) return placeBetween(a, b, us, intervalUs);
    if (a !== undefined) return us - a.pts_us <= intervalUs / 2 ? placeAll(a) : [];
    if (b !== undefined) return b.pts_us - us < intervalUs / 2 ? placeAll(b) : [];
    return [];
}

export function findObject(samples: Samples, id: string): { object: ObjectInFrame; frame: Frame } | undefined {
    for (const frame of samples.frames) {
        const object = frame.objects.find(candidate => candidate.id === id);
        if (object !== undefined) return { object, frame };
    }
    return undefined;
}

/** The ids of what the selection is in other samples: of its track, or else by links from sample to sample. */
export function followed(samples: Samples, selected: string | null): ReadonlySet<string> {
    const ids = new Set<string>();
    const found = selected === null ? undefined : findObject(samples, selected);
    if (found === undefined) return ids;
    const { track } = found.object;
    const { frames, intervalUs } = samples;
    if (track !== null) {
        for (const frame of frames) {
            for (const object of frame.objects) if (object.track === track) ids.add(object.id);
        }
        return ids;
    }
    const start = frames.indexOf(found.frame);
    for (const direction of [1, -1] as const) {
        let index = found.frame.objects.indexOf(found.object);
        for (let at = start; Math.abs(at - start) < FOLLOW_MOST; at += direction) {
            const here = frames[at];
            const next = frames[at + direction];
            const object = here?.objects[index];
            if (here === undefined || object === undefined) break;
            ids.add(object.id);
            if (next === undefined || Math.abs(next.pts_us - here.pts_us) > GAP_MOST_INTERVALS * intervalUs) break;
            index = direction > 0 ? (linksBetween(here, next).get(index) ?? -1) : before(next, here, index);
        }
    }
    return ids;
}

function before(a: Frame, b: Frame, index: number): number {
    for (const [i, j] of linksBetween(a, b)) if (j === index) return i;
    return -1;
}
