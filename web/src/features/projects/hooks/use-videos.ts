import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef } from 'react';
import { keys } from '@/api/keys.ts';
import { toast } from '@/components/toast.ts';
import { videosQuery } from '../api/videos.ts';
import { isActive, type Video } from '../model/video-state.ts';
import { finishedSince, sentenceOfEnd } from '../model/finished.ts';

const POLL_MS = 1500;

/** The videos of a project, asked for again and again while one of them is being worked on. `all`: every page. */
export function useVideos(project: string, all: boolean) {
    const queries = useQueryClient();
    const query = useInfiniteQuery({
        ...videosQuery(project),
        // Every page is fetched again: the more there are, the less often.
        refetchInterval: ({ state }) => {
            const pages = state.data?.pages ?? [];
            return pages.some(page => page.videos.some(isActive)) ? POLL_MS * Math.max(1, pages.length) : false;
        },
    });
    const { data, hasNextPage, isFetchingNextPage, isFetching, fetchNextPage, isError } = query;
    const videos = useMemo(() => data?.pages.flatMap(page => page.videos) ?? [], [data]);

    useEffect(() => {
        if (all && hasNextPage && !isFetching && !isError) void fetchNextPage();
    }, [all, hasNextPage, isFetching, isError, fetchNextPage]);

    // What has ended in the meantime is said, and the project's own counts are asked for again while they change.
    const before = useRef<readonly Video[]>([]);
    useEffect(() => {
        for (const video of finishedSince(before.current, videos)) {
            toast(sentenceOfEnd(video), { kind: video.state === 'done' ? 'success' : 'error' });
        }
        if (videos.some(isActive) || before.current.some(isActive)) {
            void queries.invalidateQueries({ queryKey: keys.project(project) });
        }
        before.current = videos;
    }, [videos, project, queries]);

    return { ...query, videos, isLoadingMore: isFetchingNextPage };
}
