// Sentences of the form for a new video that depend on where it stands.
import { formatNumberOf } from '@/lib/format.ts';
import { isProjectName } from './project-name.ts';

export function projectHint(name: string, existing: { videos: number } | undefined, known: boolean): string {
    if (existing !== undefined) return `It has ${formatNumberOf(existing.videos, 'video')} so far.`;
    if (isProjectName(name) && known) return 'This project is new: it is made with the video.';
    return 'What belongs together is searched and labelled together.';
}

export function submitText(hasFiles: boolean, uploading: boolean, sendable: number): string {
    if (uploading) return 'Uploading…';
    if (!hasFiles) return 'Start indexing';
    return sendable > 1 ? `Upload and index ${sendable} files` : 'Upload and index';
}

export function uploadStatus(count: number, done: number, uploading: boolean): string {
    if (count === 0) return '';
    if (uploading) return count === 1 ? 'Uploading.' : `Uploading, ${done} of ${formatNumberOf(count, 'file')} done.`;
    return done === count ? `${formatNumberOf(count, 'file')} uploaded.` : `${formatNumberOf(count, 'file')} chosen.`;
}
