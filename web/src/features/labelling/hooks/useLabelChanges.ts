// Changes of labels with all that follows from them: boxes repainted at once, lists fetched again, a message with Undo.
import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Schema } from '@/api/client.ts';
import { keys } from '@/api/keys.ts';
import { isConflict, sentenceOf } from '@/api/problem.ts';
import { refreshAfterLabelling } from '@/api/queries.ts';
import { toast } from '@/components/toast.ts';
import {
    deleteLabel,
    postExamples,
    postMerge,
    postRedo,
    postRename,
    postUndo,
    type LabelChange,
} from '../api/changes.ts';
import { labelsQuery } from '../api/queries.ts';
import type { Picture } from '../model/picture.ts';
import { relabel, repaintFrames } from '../model/repaint.ts';
import { stepSentence, stepText } from '../model/steps.ts';

export interface Statement {
    label: string;
    positive?: readonly Picture[];
    negative?: readonly Picture[];
    /** Refuse when somebody else changed labels since this was fetched. */
    version?: number;
    /** The page is being left: the request must outlive it. */
    keepalive?: boolean;
}

export interface LabelChanges {
    /** The version of the labels that are on the screen. */
    version: () => number | undefined;
    say: (statement: Statement) => Promise<LabelChange>;
    rename: (label: string, name: string) => Promise<LabelChange>;
    merge: (label: string, into: string) => Promise<LabelChange>;
    remove: (label: string) => Promise<LabelChange>;
    /** These two show their own errors. */
    undo: () => Promise<void>;
    redo: () => Promise<void>;
    refresh: () => Promise<void>;
}

function repaint(queries: QueryClient, { label, positive = [], negative = [] }: Statement) {
    const tracksOf = (pictures: readonly Picture[]) => pictures.flatMap(({ track }) => (track === null ? [] : [track]));
    const labelOf = relabel({
        label,
        positive: positive.map(picture => picture.object),
        negative: negative.map(picture => picture.object),
        positiveTracks: tracksOf(positive),
        negativeTracks: tracksOf(negative),
    });
    queries.setQueriesData<readonly Schema<'Frame'>[]>({ queryKey: keys.allFrames }, frames =>
        repaintFrames(frames, labelOf),
    );
    for (const picture of [...positive, ...negative]) {
        queries.setQueryData<Schema<'ObjectDetails'>>(keys.object(picture.object), object =>
            object === undefined ? undefined : { ...object, label: labelOf(object) },
        );
    }
}

/** What undo and redo would do is known from the answer: it must not wait for the list. */
function adopt(queries: QueryClient, project: string, change: LabelChange) {
    queries.setQueryData(labelsQuery(project).queryKey, list => {
        if (list === undefined) return undefined;
        const { label, version, undo, redo } = change;
        const labels = label === null ? list.labels : list.labels.map(old => (old.name === label.name ? label : old));
        return { labels, version, undo, redo };
    });
}

function makeChanges(queries: QueryClient, project: string): LabelChanges {
    const version = () => queries.getQueryData(labelsQuery(project).queryKey)?.version;
    const refresh = () => refreshAfterLabelling(queries, project);

    async function done(request: Promise<LabelChange>): Promise<LabelChange> {
        try {
            const change = await request;
            // An older list on its way must not overwrite what the answer says.
            await queries.cancelQueries({ queryKey: keys.labels(project), exact: true });
            adopt(queries, project, change);
            return change;
        } finally {
            // After a failure too: what was painted in advance, or what somebody else did.
            void refresh();
        }
    }

    function tell(change: LabelChange) {
        toast(stepSentence(change.step), {
            kind: 'success',
            action: { label: 'Undo', run: () => void step('undo', change.version) },
        });
        return change;
    }

    async function step(kind: 'undo' | 'redo', from = version()) {
        // The answer says only that something was undone.
        const what = queries.getQueryData(labelsQuery(project).queryKey)?.[kind];
        try {
            const request = kind === 'undo' ? postUndo(project, from) : postRedo(project, from);
            const { step: answer } = await done(request);
            const text = what === null || what === undefined ? stepSentence(answer) : `${stepText(what)}.`;
            toast(`${kind === 'undo' ? 'Undone' : 'Done again'}: ${text}`, {
                action:
                    kind === 'undo'
                        ? { label: 'Redo', run: () => void step('redo') }
                        : { label: 'Undo', run: () => void step('undo') },
            });
        } catch (error) {
            const list = queries.getQueryData(labelsQuery(project).queryKey);
            const nothing = isConflict(error) && list?.[kind] === null;
            toast(
                isConflict(error) && !nothing
                    ? `The labels were changed in the meantime, so nothing was ${kind === 'undo' ? 'undone' : 'done again'}. See what ${kind} would do now, and try again.`
                    : sentenceOf(error),
                { kind: 'error' },
            );
        }
    }

    return {
        version,
        refresh,
        say: async statement => {
            repaint(queries, statement);
            const { label, positive = [], negative = [], version: based, keepalive } = statement;
            const body = {
                positive: positive.map(picture => picture.object),
                negative: negative.map(picture => picture.object),
                version: based,
            };
            return tell(await done(postExamples(project, label, body, keepalive)));
        },
        rename: async (label, name) => tell(await done(postRename(project, label, name, version()))),
        merge: async (label, into) => tell(await done(postMerge(project, label, into, version()))),
        remove: async label => tell(await done(deleteLabel(project, label, version()))),
        undo: () => step('undo'),
        redo: () => step('redo'),
    };
}

export function useLabelChanges(project: string): LabelChanges {
    const queries = useQueryClient();
    return useMemo(() => makeChanges(queries, project), [queries, project]);
}
