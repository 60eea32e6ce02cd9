// Which videos have come to an end between two looks at the list.
import { formatNumberOf } from '@/lib/format.ts';
import type { Video } from './video-state.ts';

export function finishedSince(before: readonly Video[], now: readonly Video[]): readonly Video[] {
    const atWork = new Set(
        before.filter(video => video.state === 'queued' || video.state === 'running').map(video => video.id),
    );
    return now.filter(
        video =>
            atWork.has(video.id) &&
            (video.state === 'done' || video.state === 'failed' || video.state === 'incomplete'),
    );
}

export function sentenceOfEnd(video: Video): string {
    const { frames_indexed, objects } = video.progress;
    const found = `${formatNumberOf(objects, 'object')} in ${formatNumberOf(frames_indexed, 'frame')}`;
    if (video.state === 'done') return `${video.name} is indexed: ${found}.`;
    if (video.state === 'incomplete') return `${video.name} is indexed in part: ${found}.`;
    return `${video.name} could not be indexed.`;
}
