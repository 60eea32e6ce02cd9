import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { keys } from '@/api/keys.ts';
import { watchedVideosQuery } from '../api/queries.ts';
import { withSamples, type Samples, type Video } from '../model/progress.ts';
import { useActivityEvery } from './activity-context.ts';
import type { StreamSnapshot } from '../api/activity-stream.ts';

const videoChanges = (snapshot: StreamSnapshot) => snapshot.activity.videoChanges;
const NONE: Video[] = [];

/** The videos in view with their exact counts, and how these grew in the last seconds. */
export function useWatchedVideos(project: string | null, video: string | null) {
    const queries = useQueryClient();
    const query = useQuery(watchedVideosQuery(project, video));
    const videos = query.data?.videos ?? NONE;

    // The stream says that a video changed its state; what it is now, the server knows best.
    const changes = useActivityEvery(500, videoChanges);
    useEffect(() => {
        if (changes > 0) void queries.invalidateQueries({ queryKey: keys.watchedVideos(project, video) });
    }, [changes, queries, project, video]);

    const [samples, setSamples] = useState<{ at: number; of: Samples }>({ at: 0, of: new Map() });
    if (query.dataUpdatedAt > samples.at)
        setSamples({ at: query.dataUpdatedAt, of: withSamples(samples.of, videos, query.dataUpdatedAt) });

    const names = useMemo(() => new Map(videos.map(one => [one.id, one.name])), [videos]);
    return { query, videos, more: query.data?.more ?? false, samples: samples.of, names };
}
