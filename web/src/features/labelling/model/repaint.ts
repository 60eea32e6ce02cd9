// Labels as they will be when the server has stored what was just said, so that boxes change at once.
import type { Schema } from '@/api/client.ts';
import { labelKey } from './label-name.ts';

type Frame = Schema<'Frame'>;
type LabelOfObject = Schema<'Object'>['label'];

export interface Said {
    label: string;
    positive: readonly string[];
    negative: readonly string[];
    /** Tracks of the objects above: what is said of an object holds for its track. */
    positiveTracks?: readonly string[];
    negativeTracks?: readonly string[];
}

/** A function that gives an object's label after what was said. */
export function relabel(
    said: Said,
): (object: { id: string; track: string | null; label: LabelOfObject }) => LabelOfObject {
    const yes = new Set([...said.positive, ...(said.positiveTracks ?? [])]);
    const no = new Set([...said.negative, ...(said.negativeTracks ?? [])]);
    const key = labelKey(said.label);
    const named = (set: ReadonlySet<string>, id: string, track: string | null) =>
        set.has(id) || (track !== null && set.has(track));
    return ({ id, track, label }) => {
        if (named(yes, id, track)) return { name: said.label, kind: 'explicit', score: 1 };
        if (label !== null && labelKey(label.name) === key && named(no, id, track)) return null;
        return label;
    };
}

/** The frame with the labels changed; the same frame where nothing changes. */
export function relabelFrame(frame: Frame, labelOf: ReturnType<typeof relabel>): Frame {
    const objects = frame.objects.map(object => {
        const label = labelOf(object);
        return label === object.label ? object : { ...object, label };
    });
    return objects.some((object, at) => object !== frame.objects[at]) ? { ...frame, objects } : frame;
}

/** The same for whatever frames are kept: a window of them, one, or none. */
export function repaintFrames<Kept extends readonly Frame[] | Frame | null | undefined>(
    kept: Kept,
    labelOf: ReturnType<typeof relabel>,
): Kept;
export function repaintFrames(
    kept: readonly Frame[] | Frame | null | undefined,
    labelOf: ReturnType<typeof relabel>,
): readonly Frame[] | Frame | null | undefined {
    if (kept === null || kept === undefined) return kept;
    if ('objects' in kept) return relabelFrame(kept, labelOf);
    const painted = kept.map(frame => relabelFrame(frame, labelOf));
    return painted.some((frame, at) => frame !== kept[at]) ? painted : kept;
}
