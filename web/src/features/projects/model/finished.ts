// Which videos have come to an end between two looks at the list.
import { isActive, isUnfinished } from '@/api/video.ts';
import { formatNumberOf } from '@/lib/format.ts';
import type { Video } from './video-state.ts';

export function finishedSince(before: readonly Video[], now: readonly Video[]): readonly Video[] {
    const atWork = new Set(before.filter(isUnfinished).map(video => video.id));
    return now.filter(
        video =>
            atWork.has(video.id) &&
            (video.state === 'done' || video.state === 'failed' || video.state === 'incomplete'),
    );
}

/** Whether a video has come to an end or has gone: what the project's objects are called, and how many there are, is another. */
export function hasSettled(before: readonly Video[], now: readonly Video[]): boolean {
    const active = new Set(now.filter(isActive).map(video => video.id));
    return before.some(video => isActive(video) && !active.has(video.id));
}

export function sentenceOfEnd(video: Video): string {
    const { frames_indexed, objects } = video.progress;
    const found = `${formatNumberOf(objects, 'object')} in ${formatNumberOf(frames_indexed, 'frame')}`;
    if (video.state === 'done') return `${video.name} is indexed: ${found}.`;
    if (video.state === 'incomplete') return `${video.name} is indexed in part: ${found}.`;
    return `${video.name} could not be indexed.`;
}
