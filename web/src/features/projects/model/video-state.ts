// How far a video is, in the words of its row.
import type { Schema } from '@/api/client.ts';
import { formatCount } from '@/lib/format.ts';

export type Video = Schema<'Video'>;

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
