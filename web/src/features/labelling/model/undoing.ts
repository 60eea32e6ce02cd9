// Labels and tracks have a history each; to the person at the keys it is one. Undo takes back what was done last, redo
// makes again what was undone last.
import type { Schema } from '@/api/client.ts';

type LabelStep = Pick<Schema<'Step'>, 'id' | 'at' | 'undone_at'>;
type TrackStep = Pick<Schema<'CorrectionStep'>, 'id' | 'at_us' | 'undone_at'>;

export interface Histories {
    labels: { undo: LabelStep | null; redo: LabelStep | null };
    tracks: { undo: TrackStep | null; redo: TrackStep | null };
}

export type Which = 'labels' | 'tracks';

/** Labelling steps, and when one was undone, are told to the millisecond. */
const msOf = {
    labels: ({ at }: LabelStep) => Date.parse(at),
    tracks: ({ at_us }: TrackStep) => Math.floor(at_us / 1000),
};

function undoneMs(step: LabelStep | TrackStep | null): number {
    const at = step?.undone_at ?? null;
    return at === null ? -Infinity : Date.parse(at);
}

export function nextUndo({ labels, tracks }: Histories): Which | null {
    if (labels.undo === null || tracks.undo === null)
        return labels.undo !== null ? 'labels' : tracks.undo !== null ? 'tracks' : null;
    return msOf.labels(labels.undo) > msOf.tracks(tracks.undo) ? 'labels' : 'tracks';
}

/**
 * What was undone last. Where something was done in the other history since it was made, that way is closed, as it is within
 * one.
 */
export function nextRedo({ labels, tracks }: Histories): Which | null {
    const label =
        labels.redo !== null && (tracks.undo === null || msOf.tracks(tracks.undo) <= msOf.labels(labels.redo));
    const track =
        tracks.redo !== null && (labels.undo === null || msOf.labels(labels.undo) <= msOf.tracks(tracks.redo));
    if (label && track) return undoneMs(labels.redo) > undoneMs(tracks.redo) ? 'labels' : 'tracks';
    return label ? 'labels' : track ? 'tracks' : null;
}
