import { describe, expect, it } from 'vitest';
import { progressOf, type Video } from './video-state.ts';

const PROGRESS: Video['progress'] = {
    split_done: false,
    segments: 0,
    segments_done: 0,
    frames_expected: null,
    frames_emitted: 0,
    frames_indexed: 0,
    frames_failed: 0,
    objects: 0,
    tracks: 0,
    tracked: false,
};

const of = (state: Video['state'], progress: Partial<Video['progress']> = {}) => ({
    state,
    progress: { ...PROGRESS, ...progress },
});

describe('progress', () => {
    it('is unknown until the number of frames is', () => {
        expect(progressOf(of('queued'))).toEqual({ share: null, text: 'Waiting for a free worker' });
        expect(progressOf(of('running'))).toEqual({ share: null, text: 'Fetching and cutting the source' });
        expect(progressOf(of('running', { split_done: true }))).toEqual({ share: null, text: 'Decoding' });
        expect(progressOf(of('running', { frames_emitted: 9, frames_indexed: 4 }))).toEqual({
            share: null,
            text: '4 frames so far',
        });
    });

    it('counts failed frames as settled', () => {
        const shown = progressOf(of('running', { frames_expected: 2000, frames_indexed: 998, frames_failed: 2 }));
        expect(shown).toEqual({ share: 0.5, text: '1,000 of 2,000 frames' });
    });

    it('never passes the end when there are more frames than were expected', () => {
        const shown = progressOf(of('running', { frames_expected: 100, frames_emitted: 104, frames_indexed: 103 }));
        expect(shown?.share).toBeCloseTo(103 / 104);
    });

    it.each(['done', 'incomplete', 'failed', 'cancelled', 'deleting'] as const)('is none when %s', state => {
        expect(progressOf(of(state))).toBeUndefined();
    });
});
