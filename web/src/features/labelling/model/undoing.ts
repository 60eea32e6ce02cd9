// Labels and tracks have a history each; to the person at the keys it is one. Undo takes back what was done last, redo
// makes again what was undone last.
import type { Schema } from '@/api/client.ts';

type LabelStep = Pick<Schema<'Step'>, 'id' | 'at'>;
type TrackStep = Pick<Schema<'CorrectionStep'>, 'id' | 'at_us'>;

export interface Histories {
    labels: { undo: LabelStep | null; redo: LabelStep | null };
    tracks: { undo: TrackStep | null; redo: TrackStep | null };
}

export type Which = 'labels' | 'tracks';

/** A step that was undone, by its history and its id there. */
export interface Undone {
    which: Which;
    id: number;
}

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
 * What was undone last: `last`, where this page has seen it; else the earliest of what was undone. Where something was done
 * in the other history since, that way is closed, as it is within one.
 */
export function nextRedo({ labels, tracks }: Histories, last: Undone | null): Which | null {
    const labelMs = labels.redo === null ? Infinity : msOf.labels(labels.redo);
    const trackMs = tracks.redo === null ? Infinity : msOf.tracks(tracks.redo);
    const label = labelMs < Infinity && (tracks.undo === null || msOf.tracks(tracks.undo) <= labelMs);
    const track = trackMs < Infinity && (labels.undo === null || msOf.labels(labels.undo) <= trackMs);
    if (label && track) {
        if (last?.which === 'labels' && labels.redo?.id === last.id) return 'labels';
        if (last?.which === 'tracks' && tracks.redo?.id === last.id) return 'tracks';
        return labelMs < trackMs ? 'labels' : 'tracks';
    }
    return label ? 'labels' : track ? 'tracks' : null;
}
