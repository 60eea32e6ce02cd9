import { expect, it } from 'vitest';
import { lettersIn, videoOf, whatFailed, type DeadLetter } from './failures.ts';

const letter = (id: number, topic: string, key: string, project: string | null = 'street'): DeadLetter => ({
    id,
    topic,
    project,
    key,
    reason: 'no',
    attempts: 5,
    failed_at: '2026-01-01T00:00:00Z',
});

it('says what could not be done', () => {
    expect(whatFailed(letter(1, 'segments', 'v/3'))).toBe('Decoding segment 3');
    expect(whatFailed(letter(1, 'frames', 'v/3'))).toBe('Indexing a frame of segment 3');
    expect(whatFailed(letter(1, 'sources', 'v'))).toBe('Fetching and cutting the video');
    expect(videoOf(letter(1, 'frames', 'v/3'))).toBe('v');
});

it('keeps to the project in view, whichever of its videos, the newest first', () => {
    const letters = [
        letter(1, 'frames', 'a/0'),
        letter(2, 'frames', 'b/0', 'town'),
        letter(3, 'frames', 'c/1'),
        letter(4, 'frames', 'd/1', null),
    ];
    expect(lettersIn(letters, 'street').map(one => one.id)).toEqual([3, 1]);
    expect(lettersIn(letters, null)).toHaveLength(4);
});
