// Dead letters: work that failed for good.
import type { Schema } from '@/api/client.ts';

export type DeadLetter = Schema<'DeadLetter'>;

/** "{video}" or "{video}/{segment}" */
export function videoOf(letter: Pick<DeadLetter, 'key'>): string {
    return letter.key.split('/')[0] ?? letter.key;
}

/** What could not be done. */
export function whatFailed(letter: Pick<DeadLetter, 'key' | 'topic'>): string {
    const segment = letter.key.split('/')[1];
    const place = segment === undefined ? '' : ` ${segment}`;
    switch (letter.topic) {
        case 'sources':
            return 'Fetching and cutting the video';
        case 'segments':
            return `Decoding segment${place}`;
        case 'frames':
            return segment === undefined ? 'Indexing a frame' : `Indexing a frame of segment${place}`;
        case 'detections':
            return segment === undefined ? 'Tracking' : `Tracking in segment${place}`;
        default:
            return `Work on the topic ${letter.topic}`;
    }
}

/** Those of a project, or of all of them; the newest first. */
export function lettersIn(letters: readonly DeadLetter[], project: string | null): DeadLetter[] {
    const wanted = project === null ? [...letters] : letters.filter(letter => letter.project === project);
    return wanted.sort((a, b) => b.id - a.id);
}
