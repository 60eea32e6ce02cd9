// Changes of labels with all that follows from them: boxes repainted at once, lists fetched again, errors told.
import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Schema } from '@/api/client.ts';
import { keys, staleAfterLabelling } from '@/api/keys.ts';
import { isConflict } from '@/api/problem.ts';
import { refreshAfterLabelling } from '@/api/queries.ts';
import { tellError } from '@/api/tell-error.ts';
import { STEP_TOAST, toast } from '@/components/toast.ts';
import {
    deleteLabel,
    postExamples,
    postMerge,
    postRedo,
    postRename,
    postUndo,
    type LabelChange,
} from '@/api/label-changes.ts';
import { labelsQuery } from '../api/queries.ts';
import type { Picture } from '../model/picture.ts';
import { relabel, repaintFrames } from '../model/repaint.ts';
import { capital } from '@/lib/sentence.ts';
import { stepText } from '@/lib/steps.ts';

export interface Statement {
    label: string;
    positive?: readonly Picture[];
    negative?: readonly Picture[];
    /** Objects of which what was said for this label is taken back. */
    clear?: readonly string[];
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

export type StepKind = 'undo' | 'redo';
/** Told when a step was taken back or done again. */
export type OnStepped = (kind: StepKind, step: Schema<'Step'>) => void;

/** Shows at once what is being said; gives what takes that back where it could not be said after all. */
function repaint(queries: QueryClient, { label, positive = [], negative = [] }: Statement): () => void {
    const tracksOf = (pictures: readonly Picture[]) => pictures.flatMap(({ track }) => (track === null ? [] : [track]));
    const relabelled = relabel({
        label,
        positive: positive.map(picture => picture.object),
        negative: negative.map(picture => picture.object),
        positiveTracks: tracksOf(positive),
        negativeTracks: tracksOf(negative),
    });
    const pictures = [...positive, ...negative];
    const before: [readonly unknown[], unknown][] = [
        ...queries.getQueriesData({ queryKey: keys.allFrames }),
        ...pictures.map(({ object }): [readonly unknown[], unknown] => [
            keys.object(object),
            queries.getQueryData(keys.object(object)),
        ]),
    ];
    // Windows of frames, and single ones under the pointer on the timeline.
    queries.setQueriesData<readonly Schema<'Frame'>[] | Schema<'Frame'> | null>({ queryKey: keys.allFrames }, data =>
        repaintFrames(data, relabelled),
    );
    for (const picture of pictures) {
        queries.setQueryData<Schema<'ObjectDetails'>>(keys.object(picture.object), object =>
            object === undefined ? undefined : relabelled(object),
        );
    }
    const painted = before.map(([key]) => queries.getQueryData(key));
    return () => {
        // What was fetched since then is right.
        for (const [at, [key, data]] of before.entries())
            if (queries.getQueryData(key) === painted[at]) queries.setQueryData(key, data);
    };
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

function makeChanges(queries: QueryClient, project: string, onStepped: OnStepped): LabelChanges {
    const version = () => queries.getQueryData(labelsQuery(project).queryKey)?.version;

    let begun = 0;

    function refresh() {
        const change = begun;
        // The next change fetches again what it makes stale, and may have taken a label away.
        return refreshAfterLabelling(queries, project, { goesOn: () => change === begun });
    }

    async function done(request: Promise<LabelChange>, takeBack?: () => void): Promise<LabelChange> {
        begun += 1;
        try {
            const change = await request.catch((error: unknown) => {
                takeBack?.();
                throw error;
            });
            // An older list on its way must not overwrite what the answer says.
            await queries.cancelQueries({ queryKey: keys.labels(project), exact: true });
            adopt(queries, project, change);
            return change;
        } finally {
            // After a failure too: it may be what somebody else did.
            void refresh();
        }
    }

    // One after the other: the second of two quick Ctrl-Z is about what the first has left.
    let steps = Promise.resolve();
    function step(kind: StepKind): Promise<void> {
        steps = steps.then(() => stepNow(kind));
        return steps;
    }

    async function stepNow(kind: StepKind) {
        const from = version();
        // The answer says only that something was undone.
        const what = queries.getQueryData(labelsQuery(project).queryKey)?.[kind];
        try {
            // What is on its way may be about a label that this takes away, and so may what a change before is about to fetch.
            begun += 1;
            await Promise.all(staleAfterLabelling(project).map(queryKey => queries.cancelQueries({ queryKey })));
            const request = kind === 'undo' ? postUndo(project, from) : postRedo(project, from);
            const { step: answer } = await done(request);
            const told = what ?? answer;
            toast(`${kind === 'undo' ? 'Undone' : 'Done again'}${told === null ? '' : `: ${stepText(told)}`}.`, {
                kind: 'success',
                key: STEP_TOAST,
            });
            if (what !== null && what !== undefined) onStepped(kind, what);
        } catch (error) {
            const list = queries.getQueryData(labelsQuery(project).queryKey);
            const nothing = isConflict(error) && list?.[kind] === null;
            const not = `nothing was ${kind === 'undo' ? 'undone' : 'done again'}`;
            if (isConflict(error) && !nothing)
                toast(
                    `The labels were changed in the meantime, so ${not}. See what ${kind} would do now, and try again.`,
                    { kind: 'error' },
                );
            else tellError(error, capital(not));
        }
    }

    return {
        version,
        refresh,
        say: statement => {
            const takeBack = repaint(queries, statement);
            const { label, positive = [], negative = [], clear, version: based, keepalive } = statement;
            const body = {
                positive: positive.map(picture => picture.object),
                negative: negative.map(picture => picture.object),
                clear: clear === undefined ? undefined : [...clear],
                version: based,
            };
            return done(postExamples(project, label, body, keepalive), takeBack);
        },
        rename: (label, name) => done(postRename(project, label, name, version())),
        merge: (label, into) => done(postMerge(project, label, into, version())),
        remove: label => done(deleteLabel(project, label, version())),
        undo: () => step('undo'),
        redo: () => step('redo'),
    };
}

/** `onStepped` must stay the same. */
export function useLabelChanges(project: string, onStepped: OnStepped): LabelChanges {
    const queries = useQueryClient();
    return useMemo(() => makeChanges(queries, project, onStepped), [queries, project, onStepped]);
}
