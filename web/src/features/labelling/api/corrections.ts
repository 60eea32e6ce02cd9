// Corrections of tracks: which objects are one; by whoever labels in this browser. Each is one step that can be undone; each
// answers with what is so afterwards.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call, client, type Schema } from '@/api/client.ts';
import { keys } from '@/api/keys.ts';
import { editorName } from '@/lib/editor.ts';

export type Correction = Schema<'Correction'>;
export type CorrectionStep = Schema<'CorrectionStep'>;

const HISTORY_PAGE = 50;
const OBJECTS_PAGE = 1000;

export function postSplit(track: string, atUs: number, version?: number): Promise<Correction> {
    return call(
        client.POST('/api/v1/tracks/{t}/split', {
            params: { path: { t: track } },
            body: { at_us: atUs, version, by: editorName() },
        }),
    );
}

export function postMergeTracks(track: string, into: string, version?: number): Promise<Correction> {
    return call(
        client.POST('/api/v1/tracks/{t}/merge', {
            params: { path: { t: track } },
            body: { into, version, by: editorName() },
        }),
    );
}

/** Where the track has another object in a frame already, the two exchange their tracks. */
export function postGiven(track: string, objects: string[], version?: number): Promise<Correction> {
    return call(
        client.POST('/api/v1/tracks/{t}/objects', {
            params: { path: { t: track } },
            body: { objects, version, by: editorName() },
        }),
    );
}

/** To a track of its own. */
export function putObjectAlone(object: string, version?: number): Promise<Correction> {
    return call(
        client.PUT('/api/v1/objects/{o}/track', {
            params: { path: { o: object } },
            body: { track: null, version, by: editorName() },
        }),
    );
}

export function postTrack(video: string, objects: string[], version?: number): Promise<Correction> {
    return call(
        client.POST('/api/v1/videos/{v}/tracks', {
            params: { path: { v: video } },
            body: { objects, version, by: editorName() },
        }),
    );
}

export function postUndoCorrection(video: string, version?: number): Promise<Correction> {
    return call(
        client.POST('/api/v1/videos/{v}/corrections/undo', {
            params: { path: { v: video }, query: { version, by: editorName() } },
        }),
    );
}

export function postRedoCorrection(video: string, version?: number): Promise<Correction> {
    return call(
        client.POST('/api/v1/videos/{v}/corrections/redo', {
            params: { path: { v: video }, query: { version, by: editorName() } },
        }),
    );
}

/** The objects of a track from a time on. */
export async function fetchRest(track: string, fromUs: number): Promise<string[]> {
    const rest: string[] = [];
    let cursor: string | undefined;
    do {
        const { objects, next_cursor: next } = await call(
            client.GET('/api/v1/tracks/{t}/objects', {
                params: { path: { t: track }, query: { limit: OBJECTS_PAGE, cursor } },
            }),
        );
        rest.push(...objects.filter(({ pts_us }) => pts_us >= fromUs).map(({ id }) => id));
        cursor = next ?? undefined;
    } while (cursor !== undefined);
    return rest;
}

export function trackQuery(track: string) {
    return queryOptions({
        queryKey: keys.track(track),
        queryFn: ({ signal }) => call(client.GET('/api/v1/tracks/{t}', { params: { path: { t: track } }, signal })),
    });
}

export type CorrectionSteps = Pick<Schema<'CorrectionList'>, 'version' | 'undo' | 'redo'>;

/** What undo and redo of corrections would do. */
export function correctionStepsQuery(video: string) {
    return queryOptions({
        queryKey: keys.correctionSteps(video),
        queryFn: async ({ signal }): Promise<CorrectionSteps> => {
            const { version, undo, redo } = await call(
                client.GET('/api/v1/videos/{v}/corrections', {
                    params: { path: { v: video }, query: { limit: 1 } },
                    signal,
                }),
            );
            return { version, undo, redo };
        },
    });
}

/** All corrections, newest first. */
export function correctionHistoryQuery(video: string) {
    return infiniteQueryOptions({
        queryKey: keys.correctionHistory(video),
        initialPageParam: undefined as string | undefined,
        queryFn: ({ signal, pageParam: cursor }) =>
            call(
                client.GET('/api/v1/videos/{v}/corrections', {
                    params: { path: { v: video }, query: { limit: HISTORY_PAGE, cursor } },
                    signal,
                }),
            ),
        getNextPageParam: ({ next_cursor: next }) => next ?? undefined,
    });
}
