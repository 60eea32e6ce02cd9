// Keeps what is shown up to date with what other people do, here or on another machine.
import { useQuery, useQueryClient, type QueryClient, type QueryKey } from '@tanstack/react-query';
import { useEffect } from 'react';
import { listenToChanges } from './change-stream.ts';
import { freshVersion, isRefreshing, noteFresh } from './freshness.ts';
import { keys } from './keys.ts';
import { isNotFound } from './problem.ts';
import { labelsQuery, projectQuery, refreshAfterCorrection, refreshAfterLabelling } from './queries.ts';

// The answer to a change of this page's own comes about when the stream tells of it; several changes in a row are one.
const SETTLE_MS = 250;
// A colleague says something new every second or two: a refresh must come to its end, and one must be able to scroll on.
const PAUSE_MS = 4000;

/** Calls `refresh` some time after a version was heard of that not everything kept is of; the next time after a pause. */
function whenBehind(queries: QueryClient, key: QueryKey, refresh: (heard: number) => Promise<void>) {
    const shown = () => queries.getQueryData<{ version: number }>(key)?.version;
    let heard: number | undefined;
    let handled: number | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;

    // Not only of a greater one: another project may have the name now.
    const isBehind = (version: number) => version !== freshVersion(queries, key) && version !== handled;
    async function look() {
        let pause = SETTLE_MS;
        if (heard === undefined || !isBehind(heard)) {
            timer = undefined;
            return;
        }
        if (!isRefreshing(queries)) {
            handled = heard;
            await refresh(heard);
            pause = PAUSE_MS;
        }
        if (!stopped) timer = setTimeout(() => void look(), pause);
    }
    // Of what was fetched before anything was heard, no more is known than this.
    const begin = (version: number | undefined) => {
        if (freshVersion(queries, key) === undefined) noteFresh(queries, key, version);
    };
    begin(shown());
    return {
        hear: (version: number) => {
            begin(shown() ?? version);
            heard = version;
            timer ??= setTimeout(() => void look(), SETTLE_MS);
        },
        stop: () => {
            stopped = true;
            clearTimeout(timer);
        },
    };
}

export function followChanges(queries: QueryClient, project: string, video: string | null): () => void {
    const labels = whenBehind(queries, keys.labels(project), heard =>
        refreshAfterLabelling(queries, project, { heard }),
    );
    const corrections = whenBehind(queries, keys.correctionSteps(video ?? ''), heard =>
        refreshAfterCorrection(queries, project, video ?? '', heard),
    );
    const stop = listenToChanges(project, video, { labels: labels.hear, corrections: corrections.hear });
    return () => {
        stop();
        labels.stop();
        corrections.stop();
    };
}

/** Fetches again what is shown of labels, and of the tracks of a video, when somebody else changed them. */
export function useLiveChanges(project: string, video: string | null = null) {
    const queries = useQueryClient();
    // Of a project that is gone there is nothing to hear: what the views know of that is only looked at here.
    const { error } = useQuery({ ...projectQuery(project), enabled: false });
    const { error: labelsError } = useQuery({ ...labelsQuery(project), enabled: false });
    const isGone = isNotFound(error) || isNotFound(labelsError);
    useEffect(() => (isGone ? undefined : followChanges(queries, project, video)), [queries, project, video, isGone]);
}
