// What the labelling view asks the server.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call, client, type Schema } from '@/api/client.ts';
import { keys } from '@/api/keys.ts';

export const SIMILAR_PAGE = 60;
export const LABEL_OBJECTS_PAGE = 60;
export const CANDIDATES_MOST = 20;
const NEGATIVES_PAGE = 1000;
/** Of objects in one request for suggestions, by the contract. */
const EXAMPLES_MOST = 1000;
const SUGGESTIONS_MOST = 1000;
// The server takes no larger offset.
const SIMILAR_MOST = 9000;

export type ObjectsKind = 'explicit' | 'probable' | 'negative';

export interface SimilarFilters {
    scope: 'video' | 'project';
    class: string | null;
    label: string | null;
    minScore: number | null;
}

export function objectQuery(object: string) {
    return queryOptions({
        queryKey: keys.object(object),
        queryFn: ({ signal }) => call(client.GET('/api/v1/objects/{o}', { params: { path: { o: object } }, signal })),
    });
}

export function labelsQuery(project: string) {
    return queryOptions({
        queryKey: keys.labels(project),
        queryFn: ({ signal }) =>
            call(client.GET('/api/v1/projects/{p}/labels', { params: { path: { p: project } }, signal })),
    });
}

interface Page {
    list: Schema<'HitList'>;
    offset: number;
}

function nextOffset({ list, offset }: Page): number | undefined {
    const next = offset + list.hits.length;
    return list.more && list.hits.length > 0 ? next : undefined;
}

export function similarQuery(object: string, filters: SimilarFilters) {
    return infiniteQueryOptions({
        queryKey: keys.similar(object, filters),
        initialPageParam: 0,
        queryFn: async ({ signal, pageParam: offset }): Promise<Page> => {
            const query = {
                limit: SIMILAR_PAGE,
                offset,
                scope: filters.scope,
                class: filters.class ?? undefined,
                label: filters.label ?? undefined,
                min_score: filters.minScore ?? undefined,
            };
            const list = await call(
                client.GET('/api/v1/objects/{o}/similar', { params: { path: { o: object }, query }, signal }),
            );
            return { list, offset };
        },
        getNextPageParam: page => {
            const next = nextOffset(page);
            return next !== undefined && next <= SIMILAR_MOST ? next : undefined;
        },
    });
}

export function labelObjectsQuery(project: string, label: string, kind: ObjectsKind, video: string | null) {
    return infiniteQueryOptions({
        queryKey: keys.labelObjects(project, label, { kind, video }),
        initialPageParam: 0,
        queryFn: async ({ signal, pageParam: offset }): Promise<Page> => {
            const list = await call(
                client.GET('/api/v1/projects/{p}/labels/{l}/objects', {
                    params: {
                        path: { p: project, l: label },
                        query: { kind, limit: LABEL_OBJECTS_PAGE, offset, video: video ?? undefined },
                    },
                    signal,
                }),
            );
            return { list, offset };
        },
        getNextPageParam: nextOffset,
    });
}

export function candidatesQuery(project: string, label: string, video: string | null) {
    return queryOptions({
        queryKey: keys.candidates(project, label, { video }),
        queryFn: ({ signal }) =>
            call(
                client.GET('/api/v1/projects/{p}/labels/{l}/candidates', {
                    params: {
                        path: { p: project, l: label },
                        query: { limit: CANDIDATES_MOST, video: video ?? undefined },
                    },
                    signal,
                }),
            ),
    });
}

/** Of which objects of a video it was said that they are not this. */
export async function fetchNegatives(project: string, label: string, video: string): Promise<Schema<'Hit'>[]> {
    const hits: Schema<'Hit'>[] = [];
    let cursor: string | undefined;
    do {
        const page = await call(
            client.GET('/api/v1/projects/{p}/assertions', {
                params: {
                    path: { p: project },
                    query: { kind: 'negative', label, video, limit: NEGATIVES_PAGE, cursor },
                },
            }),
        );
        hits.push(...page.assertions.map(({ hit }) => hit));
        cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    return hits;
}

export interface SuggestionsQuestion {
    positive: readonly string[];
    negative: readonly string[];
    label: string | null;
}

export function suggestionsQuery(project: string, { positive, negative, label }: SuggestionsQuestion) {
    // The last ones said count most.
    const body = {
        positive: positive.slice(-EXAMPLES_MOST),
        negative: negative.slice(-EXAMPLES_MOST),
        label: label ?? undefined,
        // What is said of one picture of a track holds for all of them.
        per_track: true,
        limit: SUGGESTIONS_MOST,
    };
    return queryOptions({
        queryKey: keys.suggestions(project, body),
        queryFn: ({ signal }) =>
            call(client.POST('/api/v1/projects/{p}/suggestions', { params: { path: { p: project } }, body, signal })),
        enabled: positive.length > 0,
        // What is suggested stays on the screen while better suggestions are on their way.
        placeholderData: positive.length > 0 ? keepPreviousData : undefined,
    });
}
