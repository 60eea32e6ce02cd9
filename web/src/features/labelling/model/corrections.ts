// Which objects are one: what a correction of tracks would be, and corrections as sentences.
import type { Schema } from '@/api/client.ts';
import { formatNumberOf, formatTimecode } from '@/lib/format.ts';
import { trackName } from '@/lib/track-name.ts';
import type { Picture } from './picture.ts';

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

type Place = Pick<Schema<'Track'>, 'first_us' | 'last_us'>;

/** Whether a track can be split at a time: something of it must come before, and something not before. */
export function canSplit({ first_us, last_us }: Place, us: number): boolean {
    return us > first_us && us <= last_us;
}

type Seen = Pick<Picture, 'object' | 'video' | 'track'>;

/** What makes two objects one, with all that belongs to them. */
export type Join =
    | { kind: 'merge'; track: string; into: string }
    | { kind: 'give'; object: string; track: string }
    | { kind: 'make'; objects: [string, string] }
    /** Nothing, with the reason. */
    | { kind: 'none'; why: string };

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
    if (into.track === null) return { kind: 'give', object: into.object, track: one.track ?? '' };
    if (one.track === null) return { kind: 'give', object: one.object, track: into.track };
    return { kind: 'merge', track: one.track, into: into.track };
}

/** The one object goes to the other's track, and leaves what it belonged to behind. */
export function givingOf(one: Seen, to: Seen): Join {
    const join = joinOf(one, to);
    if (join.kind === 'none' || join.kind === 'make') return join;
    if (to.track === null) return { kind: 'make', objects: [one.object, to.object] };
    return { kind: 'give', object: one.object, track: to.track };
}
