// What the player asks the server.
import { queryOptions } from '@tanstack/react-query';
import { call, client, type Schema } from '@/api/client.ts';
import { keys } from '@/api/keys.ts';
import { windowRange } from '@/lib/time.ts';
import type { Tile } from '../model/viewport.ts';

const PAGE_MOST = 1000;
const BUCKETS = 400;
const KEPT_MS = 10 * 60_000;

type Frame = Schema<'Frame'>;

/** The frames of one window, with their objects. */
export function framesQuery(video: string, windowIndex: number) {
    return queryOptions({
        queryKey: keys.frames(video, windowIndex),
        queryFn: async ({ signal }) => {
            const frames: Frame[] = [];
            let cursor: string | undefined;
            do {
                const query = { ...windowRange(windowIndex), limit: PAGE_MOST, cursor };
                const page = await call(
                    client.GET('/api/v1/videos/{v}/frames', { params: { path: { v: video }, query }, signal }),
                );
                frames.push(...page.frames);
                cursor = page.next_cursor ?? undefined;
            } while (cursor !== undefined);
            return frames;
        },
        // What changes frames says so: labelling by invalidation, ingestion by fetching again while it runs.
        staleTime: KEPT_MS,
        gcTime: KEPT_MS,
    });
}

export interface Marked {
    label: string | null;
    track: string | null;
}

/** Counts along a part of the video. */
export function timelineQuery(video: string, { fromUs, toUs }: Tile, { label, track }: Marked) {
    const query = {
        from_us: fromUs,
        to_us: toUs,
        buckets: BUCKETS,
        label: label ?? undefined,
        track: track ?? undefined,
    };
    return queryOptions({
        queryKey: keys.timeline(video, query),
        queryFn: ({ signal }) =>
            call(client.GET('/api/v1/videos/{v}/timeline', { params: { path: { v: video }, query }, signal })),
        staleTime: KEPT_MS,
        gcTime: KEPT_MS,
    });
}

export function segmentsQuery(video: string) {
    return queryOptions({
        queryKey: keys.segments(video),
        queryFn: async ({ signal }) => {
            const segments: Schema<'Segment'>[] = [];
            let cursor: string | undefined;
            do {
                const query = { limit: PAGE_MOST, cursor };
                const page = await call(
                    client.GET('/api/v1/videos/{v}/segments', { params: { path: { v: video }, query }, signal }),
                );
                segments.push(...page.segments);
                cursor = page.next_cursor ?? undefined;
            } while (cursor !== undefined);
            return segments;
        },
    });
}

/** The first frame at or after a time, or null; its picture shows what is there. */
export function frameAfterQuery(video: string, us: number) {
    return queryOptions({
        queryKey: [...keys.framesOf(video), 'after', us],
        queryFn: async ({ signal }) => {
            const page = await call(
                client.GET('/api/v1/videos/{v}/frames', {
                    params: { path: { v: video }, query: { from_us: us, limit: 1 } },
                    signal,
                }),
            );
            return page.frames[0] ?? null;
        },
        staleTime: KEPT_MS,
    });
}

export function objectQuery(object: string) {
    return queryOptions({
        queryKey: keys.object(object),
        queryFn: ({ signal }) => call(client.GET('/api/v1/objects/{o}', { params: { path: { o: object } }, signal })),
    });
}
