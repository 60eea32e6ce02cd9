// What the views of labels as data ask the server.
import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query';
import { call, client } from '@/api/client.ts';
import { keys } from '@/api/keys.ts';
import { queryOf, type Filters } from '../model/filters.ts';

const ASSERTIONS_PAGE = 60;
const MISTAKES_PAGE = 50;

export function assertionsQuery(project: string, filters: Filters) {
    const query = queryOf(filters);
    return infiniteQueryOptions({
        queryKey: keys.assertions(project, query),
        initialPageParam: undefined as string | undefined,
        queryFn: ({ signal, pageParam: cursor }) =>
            call(
                client.GET('/api/v1/projects/{p}/assertions', {
                    params: { path: { p: project }, query: { ...query, limit: ASSERTIONS_PAGE, cursor } },
                    signal,
                }),
            ),
        getNextPageParam: ({ next_cursor: next }) => next ?? undefined,
        // What was shown stays while what fits the changed filters is on its way.
        placeholderData: keepPreviousData,
    });
}

export function mistakesQuery(project: string, label: string | null) {
    return infiniteQueryOptions({
        queryKey: keys.mistakes(project, label),
        initialPageParam: undefined as string | undefined,
        queryFn: ({ signal, pageParam: cursor }) =>
            call(
                client.GET('/api/v1/projects/{p}/mistakes', {
                    params: {
                        path: { p: project },
                        query: { label: label ?? undefined, limit: MISTAKES_PAGE, cursor },
                    },
                    signal,
                }),
            ),
        getNextPageParam: ({ next_cursor: next }) => next ?? undefined,
    });
}
