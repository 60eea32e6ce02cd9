// Labels and tracks have a history each; to the person at the keys it is one. Undo takes back what was done last, redo
// makes again what was undone last.
import type { Schema } from '@/api/client.ts';

type LabelStep = Pick<Schema<'Step'>, 'at'>;
type TrackStep = Pick<Schema<'CorrectionStep'>, 'at_us'>;

export interface Histories {
    labels: { undo: LabelStep | null; redo: LabelStep | null };
    tracks: { undo: TrackStep | null; redo: TrackStep | null };
}

export type Which = 'labels' | 'tracks';

/** Labelling steps are told to the millisecond. */
const msOf = {
    labels: ({ at }: LabelStep) => Date.parse(at),
    tracks: ({ at_us }: TrackStep) => Math.floor(at_us / 1000),
};

export function nextUndo({ labels, tracks }: Histories): Which | null {
    if (labels.undo === null || tracks.undo === null)
        return labels.undo !== null ? 'labels' : tracks.undo !== null ? 'tracks' : null;
    return msOf.labels(labels.undo) > msOf.tracks(tracks.undo) ? 'labels' : 'tracks';
}

/**
 * What was undone last is the earliest of what was undone. Where something was done in the other history since, that way
 * is closed, as it is within one.
 */
export function nextRedo({ labels, tracks }: Histories): Which | null {
    const labelMs = labels.redo === null ? Infinity : msOf.labels(labels.redo);
    const trackMs = tracks.redo === null ? Infinity : msOf.tracks(tracks.redo);
    const label = labelMs < Infinity && (tracks.undo === null || msOf.tracks(tracks.undo) <= labelMs);
    const track = trackMs < Infinity && (labels.undo === null || msOf.labels(labels.undo) <= trackMs);
    if (label && track) return labelMs < trackMs ? 'labels' : 'tracks';
    return label ? 'labels' : track ? 'tracks' : null;
}
