import { expect, it } from 'vitest';
import { lettersIn, videoOf, whatFailed, type DeadLetter } from './failures.ts';

const letter = (id: number, topic: string, key: string): DeadLetter => ({
    id,
    topic,
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

it('keeps to the videos in view, the newest first', () => {
    const letters = [letter(1, 'frames', 'a/0'), letter(2, 'frames', 'b/0'), letter(3, 'frames', 'a/1')];
    expect(lettersIn(letters, new Set(['a'])).map(one => one.id)).toEqual([3, 1]);
    expect(lettersIn(letters, null)).toHaveLength(3);
});
