import { useQuery } from '@tanstack/react-query';
import { useLayoutEffect, useMemo } from 'react';
import type { Schema } from '@/api/client.ts';
import { isUnfinished } from '@/api/video.ts';
import { windowIndexOf } from '@/lib/time.ts';
import { framesQuery } from '../api/queries.ts';
import type { Playback } from '../model/playback.ts';
import { intervalOf, makeSamples, type Samples } from '../model/samples.ts';
import { useOfTime } from './usePlayback.ts';

const GROWING_MS = 3000;

export interface LoadedSamples {
    samples: Samples;
    /** Those of the time that is shown are still on their way. */
    isPending: boolean;
    error: Error | null;
    retry: () => void;
}

/** The frames around the playhead: of its window, and then of its neighbours. */
export function useSamples(video: Schema<'Video'>, playback: Playback): LoadedSamples {
    const growing = isUnfinished(video);
    const here = useOfTime(playback, () => windowIndexOf(playback.headUs()));
    const last = windowIndexOf(video.media.duration_us - 1);
    const refetchInterval = growing ? GROWING_MS : (false as const);
    const current = useQuery({ ...framesQuery(video.id, here), refetchInterval });
    // The window that is looked at comes first.
    const rest = current.data !== undefined;
    const next = useQuery({ ...framesQuery(video.id, here + 1), refetchInterval, enabled: rest && here < last });
    const previous = useQuery({ ...framesQuery(video.id, here - 1), enabled: rest && here > 0 });
    const intervalUs = intervalOf(video);
    const samples = useMemo(
        () =>
            makeSamples(
                [previous.data, current.data, next.data].flatMap(frames => frames ?? []),
                intervalUs,
            ),
        [previous.data, current.data, next.data, intervalUs],
    );
    useLayoutEffect(() => playback.setSamples(samples), [playback, samples]);
    return {
        samples,
        isPending: current.isPending,
        error: current.error,
        retry: () => void current.refetch(),
    };
}
