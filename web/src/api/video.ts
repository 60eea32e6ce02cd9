// What a video's state says about its contents.
import type { Schema } from './client.ts';

const TRACKING_MOST_MS = 10 * 60_000;

/** Whether frames, objects or tracks are still to come. Where no tracker runs, nobody waits for tracks for ever. */
export function isGrowing(video: Schema<'Video'> | undefined, nowMs: number): boolean {
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
