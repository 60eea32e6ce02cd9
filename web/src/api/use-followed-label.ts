// The label in the address, when somebody else renames, merges or removes it meanwhile.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useRef } from 'react';
import { toast } from '@/components/toast.ts';
import { quoted } from '@/lib/steps.ts';
import { call, client, type Schema } from './client.ts';
import { labelsQuery } from './queries.ts';

const STEPS_MOST = 100;

type Step = Pick<Schema<'Step'>, 'id' | 'kind' | 'label' | 'other' | 'undone'>;

type Names = Pick<Step, 'label' | 'other'>;

const sameNames = (a: Names, b: Names) => a.label === b.label && a.other === b.other;

/**
 * What the label of this name became by the steps after `version`, newest first: its name now, null where it was removed,
 * undefined where they do not say.
 */
export function labelAfter(name: string, version: number, steps: readonly Step[]): string | null | undefined {
    let now: string | null | undefined;
    for (const { id, kind, label, other, undone } of steps.toReversed()) {
        if (id <= version || undone || label !== (now ?? name)) continue;
        if (kind === 'rename' || kind === 'merge') now = other;
        else if (kind === 'delete') now = null;
    }
    if (now !== undefined) return now;
    // What was taken back since may have been done long before.
    const back = steps.find(({ id, kind, label, other }) => {
        const isRename = id > version && kind === 'undo' && other === name;
        return (
            isRename && steps.some(done => done.kind === 'rename' && done.undone && sameNames(done, { label, other }))
        );
    });
    return back?.label;
}

async function ask(project: string): Promise<readonly Step[]> {
    const params = { path: { p: project }, query: { limit: STEPS_MOST } };
    return (await call(client.GET('/api/v1/projects/{p}/history', { params }))).steps;
}

/** Goes where a label goes that was there before and is gone; says so. */
export function useFollowedLabel(project: string, label: string | null, follow: (label: string | null) => void) {
    const { data } = useQuery(labelsQuery(project));
    const seen = useRef<{ label: string; version: number } | null>(null);
    const isShown = useRef(false);
    useEffect(() => {
        isShown.current = true;
        return () => {
            isShown.current = false;
        };
    }, []);
    const arrive = useEffectEvent((gone: string, name: string | null) => {
        if (label !== gone) return;
        toast(
            name === null ? `The label ${quoted(gone)} was removed.` : `${quoted(gone)} is called ${quoted(name)} now.`,
        );
        follow(name);
    });
    useEffect(() => {
        if (data === undefined || label === null) return;
        const { labels, version, redo } = data;
        if (labels.some(({ name }) => name === label)) {
            // What is done again keeps the number it was first done with.
            seen.current = { label, version: Math.min(version, (redo?.id ?? Infinity) - 1) };
        } else if (seen.current?.label === label) {
            const since = seen.current.version;
            seen.current = null;
            ask(project).then(
                steps => {
                    const name = labelAfter(label, since, steps);
                    if (name !== undefined && isShown.current) arrive(label, name);
                },
                () => undefined,
            );
        }
    }, [data, label, project]);
}
