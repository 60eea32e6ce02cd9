// Questions that more than one feature asks.
import { hashKey, queryOptions, type QueryClient } from '@tanstack/react-query';
import { call, client } from './client.ts';
import { noteFresh, whileRefreshing } from './freshness.ts';
import { keys, staleAfterLabelling } from './keys.ts';

const PAGE_MOST = 1000;
/** Videos that are offered to choose from, in pages of PAGE_MOST. */
const VIDEOS_OFFERED = 5000;
const FRESH_MS = 60_000;

/** All projects, by name. */
export function projectsQuery() {
    return queryOptions({
        queryKey: keys.projects,
        queryFn: async ({ signal }) => {
            const all = [];
            let cursor: string | undefined;
            do {
                const page = await call(
                    client.GET('/api/v1/projects', { params: { query: { limit: PAGE_MOST, cursor } }, signal }),
                );
                all.push(...page.projects);
                cursor = page.next_cursor ?? undefined;
            } while (cursor !== undefined);
            return all;
        },
    });
}

/** What the server is and takes; it does not change while it runs. */
export function serverQuery() {
    return queryOptions({
        queryKey: keys.server,
        queryFn: ({ signal }) => call(client.GET('/api/v1/server', { signal })),
        staleTime: 60_000,
    });
}

export function labelsQuery(project: string) {
    return queryOptions({
        queryKey: keys.labels(project),
        queryFn: ({ signal }) =>
            call(client.GET('/api/v1/projects/{p}/labels', { params: { path: { p: project } }, signal })),
    });
}

export function projectQuery(project: string) {
    return queryOptions({
        queryKey: keys.project(project),
        queryFn: ({ signal }) => call(client.GET('/api/v1/projects/{p}', { params: { path: { p: project } }, signal })),
    });
}

export function videoQuery(video: string) {
    return queryOptions({
        queryKey: keys.video(video),
        queryFn: ({ signal }) => call(client.GET('/api/v1/videos/{v}', { params: { path: { v: video } }, signal })),
    });
}

/** What the detector called the project's objects, the most frequent class first. */
export function classesQuery(project: string) {
    return queryOptions({
        queryKey: keys.classes(project),
        queryFn: async ({ signal }) => {
            const outcome = client.GET('/api/v1/projects/{p}/classes', { params: { path: { p: project } }, signal });
            return (await call(outcome)).classes;
        },
    });
}

/** The videos of a project to choose from, the newest first; where there are very many, only those. */
export function offeredVideosQuery(project: string) {
    return queryOptions({
        queryKey: [...keys.videosOf(project), 'offered'] as const,
        queryFn: async ({ signal }) => {
            const all = [];
            let cursor: string | undefined;
            do {
                const params = { path: { p: project }, query: { limit: PAGE_MOST, cursor } };
                const page = await call(client.GET('/api/v1/projects/{p}/videos', { params, signal }));
                all.push(...page.videos);
                cursor = page.next_cursor ?? undefined;
            } while (cursor !== undefined && all.length < VIDEOS_OFFERED);
            return all;
        },
        staleTime: FRESH_MS,
    });
}

export interface RefreshOptions {
    /** Asked on the way; where another change began meanwhile, that one does it. */
    goesOn?: () => boolean;
    /** The version that somebody else's change was heard with. */
    heard?: number;
}

/** To be called after every change of labels: fetches again what is shown, and forgets the rest. */
export async function refreshAfterLabelling(
    queries: QueryClient,
    project: string,
    { goesOn = () => true, heard }: RefreshOptions = {},
): Promise<void> {
    const list = keys.labels(project);
    const listed = () => queries.getQueryState<{ version: number }>(list);
    noteFresh(queries, list, heard ?? listed()?.data?.version);
    await whileRefreshing(queries, async () => {
        // First which labels there are: nobody asks then for one that is gone.
        await queries.invalidateQueries({ queryKey: list, exact: true });
        await new Promise(rendered => setTimeout(rendered));
        if (!goesOn()) return;
        const { data, isInvalidated = true } = listed() ?? {};
        if (data !== undefined && !isInvalidated) noteFresh(queries, list, Math.max(data.version, heard ?? 0));
        const known = hashKey(list);
        const predicate = ({ queryHash }: { queryHash: string }) => queryHash !== known;
        await Promise.all(
            staleAfterLabelling(project).map(queryKey => queries.invalidateQueries({ queryKey, predicate })),
        );
    });
}

/** The same after a correction of a video's tracks. */
export async function refreshAfterCorrection(
    queries: QueryClient,
    project: string,
    video: string,
    heard?: number,
): Promise<void> {
    const steps = keys.correctionSteps(video);
    noteFresh(queries, steps, heard ?? queries.getQueryData<{ version: number }>(steps)?.version);
    await whileRefreshing(queries, async () => {
        // First which object belongs where: nobody asks then about a track that is gone.
        const first = [keys.framesOf(video), keys.allObjects];
        await Promise.all(first.map(queryKey => queries.invalidateQueries({ queryKey })));
        await new Promise(rendered => setTimeout(rendered));
        const rest = [
            ...staleAfterLabelling(project).filter(key => key !== keys.allFrames && key !== keys.allObjects),
            keys.correctionsOf(video),
            keys.video(video),
        ];
        await Promise.all(rest.map(queryKey => queries.invalidateQueries({ queryKey })));
    });
}
