// The label in the address, when somebody else renames, merges or removes it meanwhile.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useRef } from 'react';
import { toast } from '@/components/toast.ts';
import { quoted } from '@/lib/steps.ts';
import { call, client, type Schema } from './client.ts';
import { labelsQuery } from './queries.ts';

const STEPS_MOST = 100;

type Step = Pick<Schema<'Step'>, 'id' | 'kind' | 'label' | 'other' | 'undone'>;

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
    // What was taken back may have been done before.
    const back = ({ kind, other, undone }: Step) => kind === 'rename' && undone && other === name;
    return now === undefined ? steps.find(back)?.label : now;
}

async function ask(project: string): Promise<readonly Step[]> {
    const params = { path: { p: project }, query: { limit: STEPS_MOST } };
    return (await call(client.GET('/api/v1/projects/{p}/history', { params }))).steps;
}

/** Goes where a label goes that was there before and is gone; says so. */
export function useFollowedLabel(project: string, label: string | null, follow: (label: string | null) => void) {
    const { data } = useQuery(labelsQuery(project));
    const seen = useRef<{ label: string; version: number } | null>(null);
    const goWith = useEffectEvent(async (gone: string, version: number) => {
        const name = await ask(project).then(
            steps => labelAfter(gone, version, steps),
            () => undefined,
        );
        if (name === undefined || label !== gone) return;
        toast(
            name === null ? `The label ${quoted(gone)} was removed.` : `${quoted(gone)} is called ${quoted(name)} now.`,
        );
        follow(name);
    });
    useEffect(() => {
        if (data === undefined || label === null) return;
        const { labels, version } = data;
        if (labels.some(({ name }) => name === label)) seen.current = { label, version };
        else if (seen.current?.label === label) {
            void goWith(label, seen.current.version);
            seen.current = null;
        }
    }, [data, label]);
}
