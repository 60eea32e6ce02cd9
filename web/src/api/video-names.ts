// The names of the videos that hits are in. Most are among those that are offered to filter by; the rest is asked one by one.
import { useQueries, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { offeredVideosQuery, videoQuery } from './queries.ts';

/** Gives a video's name, or its id while that is not known. */
export function useVideoNames(project: string, hits: readonly { video: string }[]): (video: string) => string {
    const { data: offered, isPending } = useQuery(offeredVideosQuery(project));
    const known = useMemo(() => new Map(offered?.map(({ id, name }) => [id, name])), [offered]);
    const others = useMemo(
        () => (isPending ? [] : [...new Set(hits.map(hit => hit.video))].filter(video => !known.has(video))),
        [hits, known, isPending],
    );
    const asked = useQueries({
        queries: others.map(video => ({ ...videoQuery(video), staleTime: 60_000 })),
        combine: results => results.map(result => result.data?.name),
    });
    return useCallback(video => known.get(video) ?? asked[others.indexOf(video)] ?? video, [known, others, asked]);
}
