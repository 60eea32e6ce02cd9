// What the states of a video mean to a person, and what can be done in each.
import type { Schema } from '@/api/client.ts';
import { formatCount } from '@/lib/format.ts';

export type Video = Schema<'Video'>;
export type VideoState = Schema<'VideoState'>;

export const STATE_NAMES: Record<VideoState, string> = {
    queued: 'Queued',
    running: 'Indexing',
    done: 'Done',
    incomplete: 'Incomplete',
    failed: 'Failed',
    cancelled: 'Cancelled',
    deleting: 'Being deleted',
};

export function isActive(video: Pick<Video, 'state'>): boolean {
    return video.state === 'queued' || video.state === 'running' || video.state === 'deleting';
}

export function canCancel(video: Pick<Video, 'state'>): boolean {
    return video.state === 'queued' || video.state === 'running';
}

export function canResume(video: Pick<Video, 'state'>): boolean {
    return video.state === 'incomplete' || video.state === 'failed' || video.state === 'cancelled';
}

/** Whether there is anything to look at. */
export function canOpen(video: Pick<Video, 'state' | 'progress'>): boolean {
    return video.state !== 'deleting' && (video.state === 'done' || video.progress.frames_indexed > 0);
}

export interface ShownProgress {
    /** 0 to 1; null as long as nobody knows how much there is. */
    share: number | null;
    text: string;
}

/** How far the indexing is; undefined for what is not being indexed. */
export function progressOf(video: Pick<Video, 'state' | 'progress'>): ShownProgress | undefined {
    if (video.state === 'queued') return { share: null, text: 'Waiting for a free worker' };
    if (video.state !== 'running') return undefined;
    const { frames_expected, frames_emitted, frames_indexed, frames_failed, split_done } = video.progress;
    const settled = frames_indexed + frames_failed;
    if (frames_expected !== null && frames_expected > 0) {
        // The number that is expected is reckoned from the duration; a video may turn out to have a few more.
        const total = Math.max(frames_expected, frames_emitted, settled);
        return { share: settled / total, text: `${formatCount(settled)} of ${formatCount(total)} frames` };
    }
    if (frames_emitted > 0) return { share: null, text: `${formatCount(settled)} frames so far` };
    return { share: null, text: split_done ? 'Decoding' : 'Fetching and cutting the source' };
}
