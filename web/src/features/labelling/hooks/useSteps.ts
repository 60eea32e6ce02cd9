// Undo and redo of whatever was done last: a label, or a correction of tracks.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { correctionStepsQuery } from '../api/corrections.ts';
import { labelsQuery } from '../api/queries.ts';
import { correctionText } from '../model/corrections.ts';
import { useEditorName } from '@/lib/editor.ts';
import { stepText, withEditor } from '@/lib/steps.ts';
import { nextRedo, nextUndo, type Histories } from '../model/undoing.ts';
import { useLabelling } from './useLabelling.ts';

const NOTHING = { undo: null, redo: null };

export interface Steps {
    /** What it would do, without a full stop; null where there is nothing. */
    undoes: string | null;
    /** What was done last has been said in a message. */
    wasSaid: boolean;
    redoes: string | null;
    undo: () => void;
    redo: () => void;
}

export function useSteps(): Steps {
    const { project, video, labels, changes, trackChanges, takeBackRef, unclear } = useLabelling();
    const queries = useQueryClient();
    const me = useEditorName();
    const tracks = useQuery(correctionStepsQuery(video)).data ?? NOTHING;
    const chain = useRef(Promise.resolve());
    const histories = { labels: labels.data ?? NOTHING, tracks };

    const known = (): Histories => ({
        labels: queries.getQueryData(labelsQuery(project).queryKey) ?? NOTHING,
        tracks: queries.getQueryData(correctionStepsQuery(video).queryKey) ?? NOTHING,
    });

    // One after the other: what the second of two quick presses takes back is known when the first is done.
    function then(kind: 'undo' | 'redo') {
        chain.current = chain.current.then(() => step(kind));
    }

    async function step(kind: 'undo' | 'redo') {
        const now = known();
        const which = kind === 'undo' ? nextUndo(now) : nextRedo(now);
        if (which !== null) await (which === 'labels' ? changes[kind]() : trackChanges[kind]());
    }

    function textOf(kind: 'undo' | 'redo'): string | null {
        const which = kind === 'undo' ? nextUndo(histories) : nextRedo(histories);
        const label = histories.labels[kind];
        const track = histories.tracks[kind];
        if (which === 'labels' && label !== null) return withEditor(stepText(label), label.by, me);
        return which === 'tracks' && track !== null ? withEditor(correctionText(track), track.by, me) : null;
    }

    return {
        undoes: unclear === null ? textOf('undo') : 'cleared the columns',
        redoes: textOf('redo'),
        wasSaid: unclear === null && nextUndo(histories) === 'tracks',
        undo: () => {
            // An answer that was not sent yet, and emptied columns, are taken back here, everything else by the server.
            if (takeBackRef.current?.() === true) return;
            if (unclear === null) then('undo');
            else unclear();
        },
        redo: () => then('redo'),
    };
}
