import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef } from 'react';
import { keys } from '@/api/keys.ts';
import { isActive } from '@/api/video.ts';
import { toast } from '@/components/toast.ts';
import { videosQuery } from '../api/videos.ts';
import type { Video } from '../model/video-state.ts';
import { finishedSince, hasSettled, sentenceOfEnd } from '../model/finished.ts';

const POLL_MS = 1500;
/** While nothing is worked on: videos may come from elsewhere. */
const RESTING_MS = 10_000;

/** The videos of a project, asked for again and again, often while one of them is being worked on. `all`: every page. */
export function useVideos(project: string, all: boolean) {
    const queries = useQueryClient();
    const query = useInfiniteQuery({
        ...videosQuery(project),
        // Every page is fetched again: the more there are, the less often.
        refetchInterval: ({ state }) => {
            const pages = state.data?.pages ?? [];
            const isWorking = pages.some(page => page.videos.some(isActive));
            return (isWorking ? POLL_MS : RESTING_MS) * Math.max(1, pages.length);
        },
    });
    const { data, hasNextPage, isFetchingNextPage, isFetching, fetchNextPage, isError } = query;
    const videos = useMemo(() => data?.pages.flatMap(page => page.videos) ?? [], [data]);

    useEffect(() => {
        if (all && hasNextPage && !isFetching && !isError) void fetchNextPage();
    }, [all, hasNextPage, isFetching, isError, fetchNextPage]);

    // What has ended in the meantime is said, and what the project has in all is asked for again as it changes.
    const before = useRef<readonly Video[]>(undefined);
    useEffect(() => {
        if (data === undefined) return;
        const known = before.current;
        before.current = videos;
        if (known === undefined) return;
        for (const video of finishedSince(known, videos)) {
            toast(sentenceOfEnd(video), { kind: video.state === 'done' ? 'success' : 'error' });
        }
        const stale = [
            ...(videos.length !== known.length || [...videos, ...known].some(isActive) ? [keys.project(project)] : []),
            ...(hasSettled(known, videos) ? [keys.labels(project), keys.classes(project)] : []),
        ];
        for (const queryKey of stale) void queries.invalidateQueries({ queryKey });
    }, [data, videos, project, queries]);

    return { ...query, videos, isLoadingMore: isFetchingNextPage };
}
