import { keepPreviousData, useQueries, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Schema } from '@/api/client.ts';
import { isUnfinished } from '@/api/video.ts';
import { segmentsQuery, timelineQuery, type Marked } from '../api/queries.ts';
import { columnsOf, filled, notIndexed, type Column, type Span } from '../model/density.ts';
import { intervalOf } from '../model/samples.ts';
import { tilesOf, type Viewport } from '../model/viewport.ts';

const GROWING_MS = 3000;

type Timeline = Schema<'Timeline'>;

export interface TimelineData {
    columns: readonly Column[];
    segments: readonly Schema<'Segment'>[];
    /** While the video is being ingested. */
    missing: readonly Span[];
    error: Error | null;
}

function together(results: UseQueryResult<Timeline>[]): Timeline[] | null {
    const found = results.flatMap(result => result.data ?? []);
    return found.length === results.length ? found : null;
}

/** What the timeline draws: coarse at once, finer when the parts that are looked at have come. */
export function useTimelineData(video: Schema<'Video'>, viewport: Viewport, marked: Marked): TimelineData {
    const { duration_us: durationUs } = video.media;
    const growing = isUnfinished(video);
    const refetchInterval = growing ? GROWING_MS : (false as const);
    const enabled = durationUs > 0;
    const all = { fromUs: 0, toUs: Math.max(1, durationUs) };
    const overview = useQuery({
        ...timelineQuery(video.id, all, marked),
        refetchInterval,
        enabled,
        placeholderData: keepPreviousData,
    });
    const detail = useQueries({
        queries: tilesOf(viewport, durationUs).map(tile => ({
            ...timelineQuery(video.id, tile, marked),
            refetchInterval,
            enabled,
        })),
        combine: together,
    });
    const segments = useQuery({ ...segmentsQuery(video.id), refetchInterval });
    const intervalUs = intervalOf(video);
    const coarse = overview.data;
    const columns = useMemo(
        () => filled(columnsOf(detail ?? (coarse === undefined ? [] : [coarse])), intervalUs),
        [detail, coarse, intervalUs],
    );
    const known = useMemo(() => segments.data ?? [], [segments.data]);
    const framesDone = video.progress.frames_indexed + video.progress.frames_failed;
    const missing = useMemo(
        () => (growing ? notIndexed(known, durationUs, framesDone) : []),
        [growing, known, durationUs, framesDone],
    );
    return { columns, segments: known, missing, error: overview.error };
}
