// Keeps what is shown up to date with what other people do, here or on another machine.
import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { listenToChanges } from './change-stream.ts';
import { keys } from './keys.ts';
import { labelsQuery, refreshAfterCorrection, refreshAfterLabelling } from './queries.ts';

// The answer to a change of this page's own comes about when the stream tells of it; several changes in a row are one.
const SETTLE_MS = 250;

/** Calls `refresh` some time after a version was heard of that is not the one on the screen. */
function whenBehind(shown: () => number | undefined, refresh: () => Promise<void>) {
    let heard: number | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    return {
        hear: (version: number) => {
            const before = heard;
            heard = version;
            clearTimeout(timer);
            timer = setTimeout(() => {
                const now = shown() ?? before;
                if (now !== undefined && now !== version) void refresh();
            }, SETTLE_MS);
        },
        stop: () => clearTimeout(timer),
    };
}

export function followChanges(queries: QueryClient, project: string, video: string | null): () => void {
    const labels = whenBehind(
        () => queries.getQueryData(labelsQuery(project).queryKey)?.version,
        () => refreshAfterLabelling(queries, project),
    );
    const corrections = whenBehind(
        () => queries.getQueryData<{ version: number }>(keys.correctionSteps(video ?? ''))?.version,
        () => refreshAfterCorrection(queries, project, video ?? ''),
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
    useEffect(() => followChanges(queries, project, video), [queries, project, video]);
}
