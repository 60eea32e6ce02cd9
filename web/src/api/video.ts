// What a video's state says about its contents, and what can be done in it.
import type { Schema } from './client.ts';

type Video = Schema<'Video'>;

/** Whether it waits or is worked on; only then it can be cancelled. */
export function isUnfinished({ state }: Pick<Video, 'state'>): boolean {
    return state === 'queued' || state === 'running';
}

/** Whether it will be something else soon, without anybody doing anything. */
export function isActive(video: Pick<Video, 'state'>): boolean {
    return isUnfinished(video) || video.state === 'deleting';
}

/** Whether there is anything to look at. */
export function canOpen({ state, progress }: Pick<Video, 'state' | 'progress'>): boolean {
    return state !== 'deleting' && (state === 'done' || progress.frames_indexed > 0);
}

const TRACKING_MOST_MS = 10 * 60_000;

/** Whether frames, objects or tracks are still to come. Where no tracker runs, nobody waits for tracks for ever. */
export function isGrowing(video: Video | undefined, nowMs: number): boolean {
    switch (video?.state) {
        case 'queued':
        case 'running':
            return true;
        case 'done':
        case 'incomplete':
            return !video.progress.tracked && nowMs - Date.parse(video.finished_at ?? '') < TRACKING_MOST_MS;
        default:
            return false;
    }
}
