// Corrections of tracks with all that follows from them: boxes, timelines and labels fetched again, errors told.
import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { refreshAfterCorrection } from '@/api/queries.ts';
import { tellError } from '@/api/tell-error.ts';
import { STEP_TOAST, toast } from '@/components/toast.ts';
import {
    correctionStepsQuery,
    fetchRest,
    postGiven,
    postMergeTracks,
    postRedoCorrection,
    postSplit,
    postTrack,
    postUndoCorrection,
    putObjectAlone,
    type Correction,
    type CorrectionSteps,
} from '../api/corrections.ts';
import { correctionText, type Join } from '../model/corrections.ts';
import type { Picture } from '../model/picture.ts';

/** Each shows its own errors, and says what was done. */
export interface TrackChanges {
    split: (track: string, atUs: number) => Promise<void>;
    /** Does what makes two objects one. */
    join: (join: Join) => Promise<void>;
    /** Gives what is left of a track from a time on to that of another object. */
    giveRest: (rest: Rest, to: Pick<Picture, 'object' | 'track'>) => Promise<void>;
    /** Takes an object out of its track. */
    part: (object: string) => Promise<void>;
    undo: () => Promise<void>;
    redo: () => Promise<void>;
}

export interface Rest {
    track: string;
    fromUs: number;
}

function said(text: string): string {
    return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function makeChanges(queries: QueryClient, project: string, video: string): TrackChanges {
    const { queryKey: stepsKey } = correctionStepsQuery(video);
    const known = (): CorrectionSteps | undefined => queries.getQueryData(stepsKey);

    // One after the other: each is based on the version that the one before has left.
    let steps = Promise.resolve();
    function change(
        ask: (version?: number) => Promise<Correction>,
        tell: (correction: Correction) => void,
        not = 'Nothing was corrected',
    ) {
        steps = steps.then(async () => {
            try {
                const correction = await ask(known()?.version);
                // An older answer on its way must not overwrite what this one says.
                await queries.cancelQueries({ queryKey: stepsKey });
                const { version, undo, redo } = correction;
                queries.setQueryData(stepsKey, { version, undo, redo });
                tell(correction);
            } catch (error) {
                tellError(error, not, STEP_TOAST);
            }
            await refreshAfterCorrection(queries, project, video);
        });
        return steps;
    }

    function undo() {
        const what = known()?.undo;
        return change(
            version => postUndoCorrection(video, version),
            ({ step }) => toast(`Undone: ${correctionText(what ?? step)}.`, { kind: 'success', key: STEP_TOAST }),
            'Nothing was undone',
        );
    }

    function tellDone({ step }: Correction) {
        const run = () => {
            if (known()?.undo?.id === step.id) void undo();
            else toast('Tracks were corrected again since then. Undo that first.');
        };
        toast(said(correctionText(step)), { kind: 'success', key: STEP_TOAST, action: { label: 'Undo', run } });
    }

    return {
        split: (track, atUs) => change(version => postSplit(track, atUs, version), tellDone),
        join: async join => {
            switch (join.kind) {
                case 'merge':
                    return change(version => postMergeTracks(join.track, join.into, version), tellDone);
                case 'give':
                    return change(version => postGiven(join.track, join.objects, version), tellDone);
                case 'make':
                    return change(version => postTrack(video, join.objects, version), tellDone);
                case 'none':
                    toast(join.why);
            }
        },
        giveRest: ({ track, fromUs }, to) =>
            change(async version => {
                const objects = await fetchRest(track, fromUs);
                return to.track === null
                    ? postTrack(video, [...objects, to.object], version)
                    : postGiven(to.track, objects, version);
            }, tellDone),
        part: object => change(version => putObjectAlone(object, version), tellDone),
        undo,
        redo: () => {
            const what = known()?.redo;
            return change(
                version => postRedoCorrection(video, version),
                ({ step }) =>
                    toast(`Done again: ${correctionText(what ?? step)}.`, { kind: 'success', key: STEP_TOAST }),
                'Nothing was done again',
            );
        },
    };
}

export function useTrackChanges(project: string, video: string): TrackChanges {
    const queries = useQueryClient();
    return useMemo(() => makeChanges(queries, project, video), [queries, project, video]);
}
