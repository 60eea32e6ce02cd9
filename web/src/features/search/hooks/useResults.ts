// The answer to the question: what was found, and what is wrong with which part of the question.
import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { ApiError, sentenceOf } from '@/api/problem.ts';
import { PictureMissingError, resultsQuery } from '../api/queries.ts';
import type { Hit, Section } from '../model/layout.ts';
import { isCutOff, sectionsOf } from '../model/pages.ts';
import { problemsOf, type Problems } from '../model/problems.ts';
import { kindOf, type Question } from '../model/question.ts';

export interface Results {
    sections: readonly Section[];
    hits: readonly Hit[];
    state: 'loading' | 'failed' | 'picture missing' | 'found';
    error: unknown;
    /** Sentences of the server, by the part of the question they are about. */
    problems: Problems;
    busy: boolean;
    retry: () => void;
    loadMore: () => void;
    loadingMore: boolean;
    /** The next page could not be loaded. */
    moreError: unknown;
    /** All there is has been loaded. */
    complete: boolean;
    cutOff: boolean;
}

export function useResults(project: string, question: Question): Results {
    const query = useInfiniteQuery(resultsQuery(project, question));
    const { data, error, isFetching, hasNextPage, fetchNextPage, isFetchNextPageError, refetch } = query;
    const sections = useMemo(() => sectionsOf(data?.pages ?? []), [data]);
    const hits = useMemo(() => sections.flatMap(section => section.hits), [sections]);
    const problems = useMemo(
        () => (error instanceof ApiError ? problemsOf(error.field, sentenceOf(error), kindOf(question)) : {}),
        [error, question],
    );
    const loadMore = useCallback(() => {
        if (hasNextPage && !isFetching && !isFetchNextPageError) void fetchNextPage();
    }, [hasNextPage, isFetching, isFetchNextPageError, fetchNextPage]);
    const failed = error !== null && data === undefined;
    return {
        sections,
        hits,
        state: !failed
            ? data === undefined
                ? 'loading'
                : 'found'
            : error instanceof PictureMissingError
              ? 'picture missing'
              : 'failed',
        error,
        problems,
        busy: isFetching,
        retry: useCallback(
            () => void (isFetchNextPageError ? fetchNextPage() : refetch()),
            [isFetchNextPageError, fetchNextPage, refetch],
        ),
        loadMore,
        loadingMore: query.isFetchingNextPage,
        moreError: isFetchNextPageError ? error : null,
        complete: data !== undefined && !hasNextPage,
        cutOff: isCutOff(data?.pages ?? []),
    };
}
