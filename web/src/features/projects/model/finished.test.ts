import { expect, it } from 'vitest';
import { videoFixture } from '../testing.ts';
import { finishedSince, hasSettled, sentenceOfEnd } from './finished.ts';

it('finds what was at work and is no longer', () => {
    const before = [
        videoFixture({ id: 'a', state: 'running' }),
        videoFixture({ id: 'b', state: 'queued' }),
        videoFixture({ id: 'c', state: 'running' }),
        videoFixture({ id: 'd', state: 'running' }),
    ];
    const now = [
        videoFixture({ id: 'a', state: 'done' }),
        videoFixture({ id: 'b', state: 'failed' }),
        videoFixture({ id: 'c', state: 'cancelled' }), // by this person: they know
        videoFixture({ id: 'd', state: 'running' }),
        videoFixture({ id: 'e', state: 'done' }),
    ];
    expect(finishedSince(before, now).map(video => video.id)).toEqual(['a', 'b']);
    expect(finishedSince([], now)).toEqual([]);
});

it('knows when a video has ended, whichever way, or is gone', () => {
    const at = (state: 'running' | 'done' | 'cancelled' | 'deleting') => [videoFixture({ id: 'a', state })];
    expect(hasSettled(at('running'), at('running'))).toBe(false);
    expect(hasSettled(at('running'), at('deleting'))).toBe(false);
    expect(hasSettled(at('done'), at('done'))).toBe(false);
    expect(hasSettled(at('running'), at('cancelled'))).toBe(true);
    expect(hasSettled(at('deleting'), [])).toBe(true);
});

it('says how it ended', () => {
    expect(sentenceOfEnd(videoFixture({ objects: 64 }))).toBe('clip.mp4 is indexed: 64 objects in 150 frames.');
    expect(sentenceOfEnd(videoFixture({ state: 'incomplete' }))).toMatch(/in part/);
    expect(sentenceOfEnd(videoFixture({ state: 'failed' }))).toBe('clip.mp4 could not be indexed.');
});
