// How far the videos are, how fast it goes, and how long it still takes.
import type { Schema } from '@/api/client.ts';
import { canOpen, isActive, isUnfinished } from '@/api/video.ts';

export type Video = Schema<'Video'>;

/** Frames there will be; null while that is not known. Before the split is done it is reckoned from the duration. */
export function framesExpected(video: Video): number | null {
    const { progress, media } = video;
    if (progress.frames_expected !== null) return progress.frames_expected;
    if (media.duration_us <= 0) return null;
    const seconds = Math.min(media.duration_us / 1e6, video.limit_seconds ?? Infinity);
    const fps =
        video.fps === 'all'
            ? media.frame_rate
            : Math.min(video.fps, media.frame_rate > 0 ? media.frame_rate : Infinity);
    const frames = Math.round(seconds * fps);
    return frames > 0 ? Math.max(frames, progress.frames_emitted) : null;
}

/** 0 to 1; null while the end is not known. A finished video is at 1 whatever failed on the way. */
export function shareDone(video: Video): number | null {
    if (video.state === 'done' || video.state === 'incomplete') return 1;
    const expected = framesExpected(video);
    if (expected === null || expected === 0) return isUnfinished(video) ? null : 0;
    return Math.min(1, (video.progress.frames_indexed + video.progress.frames_failed) / expected);
}

export interface Sums {
    videos: number;
    unfinished: number;
    segments: number;
    segmentsDone: number;
    emitted: number;
    indexed: number;
    failed: number;
    objects: number;
}

export function sumsOf(videos: readonly Video[]): Sums {
    const sums: Sums = {
        videos: videos.length,
        unfinished: 0,
        segments: 0,
        segmentsDone: 0,
        emitted: 0,
        indexed: 0,
        failed: 0,
        objects: 0,
    };
    for (const video of videos) {
        sums.unfinished += isUnfinished(video) ? 1 : 0;
        sums.segments += video.progress.segments;
        sums.segmentsDone += video.progress.segments_done;
        sums.emitted += video.progress.frames_emitted;
        sums.indexed += video.progress.frames_indexed;
        sums.failed += video.progress.frames_failed;
        sums.objects += video.progress.objects;
    }
    return sums;
}

/** What there is in all, for the ends of the data flow. */
export interface Stored {
    videos: number;
    /** Of the videos that are looked at. */
    unfinished: number;
    /** Older ones may be unfinished too. */
    orMore: boolean;
    frames: number;
    objects: number;
}

export type Counted = Pick<Schema<'Project'>, 'videos' | 'frames' | 'objects'>;

/** `counted`: where the videos that are looked at are not all, what the server counts, project by project. */
export function storedOf(sums: Sums, counted?: readonly Counted[]): Stored {
    const { videos, unfinished, emitted: frames, objects } = sums;
    const stored = { videos, unfinished, orMore: false, frames, objects };
    if (counted === undefined) return stored;
    const total = (of: keyof Counted) => counted.reduce((sum, project) => sum + project[of], 0);
    return {
        ...stored,
        orMore: unfinished === videos,
        videos: total('videos'),
        frames: total('frames'),
        objects: total('objects'),
    };
}

/** How many frames of a video were through (indexed or failed) at a moment. */
export interface Sample {
    atMs: number;
    frames: number;
}

const WINDOW_MS = 20_000;

export type Samples = ReadonlyMap<string, readonly Sample[]>;

/** The samples of the last moments, with one more per unfinished video. A count that falls back begins anew. */
export function withSamples(before: Samples, videos: readonly Video[], atMs: number): Samples {
    const next = new Map<string, readonly Sample[]>();
    for (const video of videos) {
        if (!isUnfinished(video)) continue;
        const frames = video.progress.frames_indexed + video.progress.frames_failed;
        const known = before.get(video.id) ?? [];
        const last = known.at(-1);
        const kept =
            last !== undefined && last.frames > frames ? [] : known.filter(sample => atMs - sample.atMs <= WINDOW_MS);
        next.set(video.id, last?.atMs === atMs ? kept : [...kept, { atMs, frames }]);
    }
    return next;
}

/** Frames a second over the samples; null while there are too few to say. */
export function rateOf(samples: readonly Sample[] | undefined): number | null {
    const first = samples?.[0];
    const last = samples?.at(-1);
    if (first === undefined || last === undefined || last.atMs - first.atMs < 1500) return null;
    return ((last.frames - first.frames) * 1000) / (last.atMs - first.atMs);
}

/** Microseconds until all frames of these videos are through; null when nobody can know. */
export function timeLeftUs(videos: readonly Video[], samples: Samples): number | null {
    let left = 0;
    let rate = 0;
    let anyRate = false;
    for (const video of videos) {
        if (!isUnfinished(video)) continue;
        const expected = framesExpected(video);
        if (expected === null) return null;
        left += Math.max(0, expected - video.progress.frames_indexed - video.progress.frames_failed);
        const own = rateOf(samples.get(video.id));
        anyRate ||= own !== null;
        rate += own ?? 0;
    }
    if (left === 0) return null;
    return !anyRate || rate < 0.01 ? null : (left / rate) * 1e6;
}

/** Whether there is more to look at than what is done. */
export type Phase = 'empty' | 'working' | 'finished';

export function phaseOf(videos: readonly Video[]): Phase {
    if (videos.length === 0) return 'empty';
    return videos.some(isActive) ? 'working' : 'finished';
}

/** What a finished ingestion has come to, in a sentence or two. `more`: there are older videos that are not looked at. */
export function summaryOf(
    videos: readonly Video[],
    more = false,
): { tone: 'success' | 'warning' | 'danger'; text: string } {
    const count = (state: Video['state']) => videos.filter(video => video.state === state).length;
    const failed = count('failed');
    const gaps = count('incomplete');
    const cancelled = count('cancelled');
    if (videos.length === 1) {
        if (failed) return { tone: 'danger', text: 'The video could not be ingested.' };
        if (gaps) return { tone: 'warning', text: 'The video is indexed, but parts of it are missing.' };
        if (cancelled)
            return { tone: 'warning', text: 'The ingestion was cancelled. What was indexed before is kept.' };
        return { tone: 'success', text: 'The video is indexed.' };
    }
    const notes = [
        gaps > 0 && `${gaps} with gaps`,
        failed > 0 && `${failed} failed`,
        cancelled > 0 && `${cancelled} cancelled`,
    ].filter(note => note !== false);
    const done = count('done');
    const those = more ? `the newest ${videos.length} videos` : `${videos.length} videos`;
    if (notes.length === 0) return { tone: 'success', text: `All ${more ? 'of ' : ''}${those} are indexed.` };
    return {
        tone: failed > 0 ? 'danger' : 'warning',
        text: `${done} of ${those} are indexed without gaps: ${notes.join(', ')}.`,
    };
}

/** The video worth opening: the newest one that has anything to show. */
export function toOpen(videos: readonly Video[]): Video | undefined {
    return videos.find(video => video.state === 'done') ?? videos.find(canOpen);
}
