// Labels as they will be when the server has stored what was just said, so that boxes change at once.
import type { Schema } from '@/api/client.ts';
import { nameKey } from '@/lib/matching.ts';

type Frame = Schema<'Frame'>;
type Labelled = Pick<Schema<'Object'>, 'id' | 'track' | 'class' | 'class_refused' | 'label'>;

export interface Said {
    label: string;
    positive: readonly string[];
    negative: readonly string[];
    /** Tracks of the objects above: what is said of an object holds for its track. */
    positiveTracks?: readonly string[];
    negativeTracks?: readonly string[];
}

/** Gives an object as it is after what was said; the same object where nothing changes. */
export type Relabel = <Known extends Labelled>(object: Known) => Known;

export function relabel(said: Said): Relabel {
    const yes = new Set([...said.positive, ...(said.positiveTracks ?? [])]);
    const no = new Set([...said.negative, ...(said.negativeTracks ?? [])]);
    const key = nameKey(said.label);
    const named = (set: ReadonlySet<string>, { id, track }: Labelled) =>
        set.has(id) || (track !== null && set.has(track));
    return object => {
        const { label, class: className, class_refused: refused, ...rest } = object;
        // A label that is called like a class speaks of that class.
        const isClass = nameKey(className) === key;
        if (named(yes, object)) {
            const now = { name: said.label, kind: 'explicit', score: 1 } as const;
            const kept = refused && !isClass ? { class_refused: refused } : {};
            return { ...rest, ...kept, class: className, label: now } as typeof object;
        }
        if (!named(no, object)) return object;
        const loses = label !== null && nameKey(label.name) === key;
        const refuses = isClass && !refused;
        if (!loses && !refuses) return object;
        return { ...object, label: loses ? null : label, ...(isClass ? { class_refused: true } : {}) };
    };
}

/** The frame with the labels changed; the same frame where nothing changes. */
export function relabelFrame(frame: Frame, relabelled: Relabel): Frame {
    const objects = frame.objects.map(object => relabelled(object));
    return objects.some((object, at) => object !== frame.objects[at]) ? { ...frame, objects } : frame;
}

/** The same for whatever frames are kept: a window of them, one, or none. */
export function repaintFrames<Kept extends readonly Frame[] | Frame | null | undefined>(
    kept: Kept,
    relabelled: Relabel,
): Kept;
export function repaintFrames(
    kept: readonly Frame[] | Frame | null | undefined,
    relabelled: Relabel,
): readonly Frame[] | Frame | null | undefined {
    if (kept === null || kept === undefined) return kept;
    if ('objects' in kept) return relabelFrame(kept, relabelled);
    const painted = kept.map(frame => relabelFrame(frame, relabelled));
    return painted.some((frame, at) => frame !== kept[at]) ? painted : kept;
}
