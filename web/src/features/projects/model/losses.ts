// What deleting takes away, as sentences.
import type { Schema } from '@/api/client.ts';
import { isUnfinished } from '@/api/video.ts';
import { formatNumberOf } from '@/lib/format.ts';
import type { Video } from './video-state.ts';

/** "a, b and c" */
function listOf(parts: readonly string[]): string {
    if (parts.length < 2) return parts.join('');
    return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;
}

export function lossesOfProject(
    project: Pick<Schema<'Project'>, 'videos' | 'frames' | 'objects'>,
    labels: readonly Pick<Schema<'LabelSummary'>, 'explicit'>[],
): string {
    const carrying = labels.reduce((sum, label) => sum + label.explicit, 0);
    const lost = [
        project.videos > 0 && formatNumberOf(project.videos, 'video'),
        project.frames > 0 && formatNumberOf(project.frames, 'frame'),
        project.objects > 0 && formatNumberOf(project.objects, 'object'),
        labels.length > 0 &&
            formatNumberOf(labels.length, 'label') + (carrying > 0 ? ` on ${formatNumberOf(carrying, 'object')}` : ''),
    ].filter(part => part !== false);
    return lost.length === 0
        ? 'The project is empty: nothing is lost but its name.'
        : `${listOf(lost)} will be lost, with all pictures and the stored copies of the videos. This cannot be undone.`;
}

export function isEmptyProject(
    project: Pick<Schema<'Project'>, 'videos' | 'objects'>,
    labels: readonly unknown[],
): boolean {
    return project.videos === 0 && project.objects === 0 && labels.length === 0;
}

export function lossesOfVideo(video: Pick<Video, 'progress' | 'source' | 'state'>): string {
    const lost = [
        video.progress.frames_indexed > 0 && formatNumberOf(video.progress.frames_indexed, 'frame'),
        video.progress.objects > 0 &&
            `${formatNumberOf(video.progress.objects, 'object')} with what was said about them`,
        'the stored copy of the video',
    ].filter(part => part !== false);
    const source = video.source.startsWith('sha256:')
        ? 'It was uploaded: to have it again, it must be uploaded again.'
        : 'The source itself is not touched.';
    const running = isUnfinished(video) ? 'Indexing stops. ' : '';
    const sentence = listOf(lost);
    return `${running}${sentence.charAt(0).toUpperCase()}${sentence.slice(1)} will be lost. ${source}`;
}
