// Which objects are one: what a correction of tracks would be, and corrections as sentences.
import type { Schema } from '@/api/client.ts';
import { formatNumberOf, formatTimecode } from '@/lib/format.ts';
import { trackName } from '@/lib/track-name.ts';
import { pictureName, type Picture } from './picture.ts';

type Step = Schema<'CorrectionStep'>;
export type CorrectionFacts = Pick<Step, 'about' | 'track' | 'other' | 'objects' | 'time_us'>;

/** What was done, without a full stop: "merged track 3 into track 2". */
export function correctionText({ about, track, other, objects, time_us }: CorrectionFacts): string {
    const from = track === null ? null : trackName(track);
    const at = `at ${formatTimecode(time_us)}`;
    switch (about) {
        case 'split':
            return `split ${from ?? 'a track'} ${at}`;
        case 'merge':
            return `merged ${from ?? 'a track'} into ${other === null ? 'another' : trackName(other)}`;
        case 'give': {
            const given = objects === 1 ? `the object ${at}` : formatNumberOf(objects, 'object');
            if (other !== null) return `gave ${given} to ${trackName(other)}`;
            return objects === 1 && from !== null ? `took ${given} out of ${from}` : `made a track of ${given}`;
        }
    }
}

export type Place = Pick<Schema<'Track'>, 'first_us' | 'last_us'>;

/** Whether a track can be split at a time: something of it must come before, and something not before. */
export function canSplit({ first_us, last_us }: Place, us: number): boolean {
    return us > first_us && us <= last_us;
}

/** Whether something of a track is left from a time on. */
export function hasRest({ last_us }: Place, us: number): boolean {
    return us <= last_us;
}

type Seen = Pick<Picture, 'object' | 'video' | 'track'>;
type Placed = Seen & Pick<Picture, 'frame' | 'class' | 'class_refused' | 'pts_us'>;

/** What makes two objects one, with all that belongs to them. */
export type Join =
    | { kind: 'merge'; track: string; into: string }
    | { kind: 'give'; objects: string[]; track: string }
    | { kind: 'make'; objects: string[] }
    /** Nothing, with the reason. */
    | { kind: 'none'; why: string };

export const OF_ANOTHER_VIDEO =
    'Not all of these are of one video, and a track is of one. Mark those of the video that is shown only.';

/** The track of `into` stays, where it has one. */
export function joinOf(one: Seen, into: Seen): Join {
    if (one.video !== into.video)
        return {
            kind: 'none',
            why: 'These are of two videos, and a track is of one. Give both the same label instead.',
        };
    if (one.object === into.object || (one.track !== null && one.track === into.track))
        return { kind: 'none', why: 'These are one and the same already.' };
    if (into.track === null && one.track === null) return { kind: 'make', objects: [one.object, into.object] };
    if (into.track === null) return { kind: 'give', objects: [into.object], track: one.track ?? '' };
    if (one.track === null) return { kind: 'give', objects: [one.object], track: into.track };
    return { kind: 'merge', track: one.track, into: into.track };
}

/** Whether an object is what another is, and cannot be given to it. */
function isOf({ object, track }: Seen, to: Seen): boolean {
    return object === to.object || (track !== null && track === to.track);
}

/** Two that cannot be one, because they are in one frame. */
function rivalsOf(seen: readonly Placed[]): [Placed, Placed] | null {
    const byFrame = new Map<string, Placed>();
    for (const one of seen) {
        const other = byFrame.get(one.frame);
        if (other !== undefined) return [other, one];
        byFrame.set(one.frame, one);
    }
    return null;
}

/** Objects go to another one's track, and leave what they belonged to behind. */
export function givingOf(given: readonly Placed[], to: Placed): Join {
    if (given.some(({ video }) => video !== to.video)) return { kind: 'none', why: OF_ANOTHER_VIDEO };
    const fresh = given.filter(one => !isOf(one, to));
    if (fresh.length === 0) return { kind: 'none', why: 'These are one and the same already.' };
    // Another object that the track has in the frame goes the other way, and is no rival.
    const rivals = rivalsOf(to.track === null ? [...fresh, to] : fresh);
    if (rivals !== null)
        return {
            kind: 'none',
            why: `The ${pictureName(rivals[0])} and the ${pictureName(rivals[1])} are in one picture: they cannot be one and the same.`,
        };
    const objects = fresh.map(({ object }) => object);
    if (to.track === null) return { kind: 'make', objects: [...objects, to.object] };
    return { kind: 'give', objects, track: to.track };
}
