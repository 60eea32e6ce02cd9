import { describe, expect, it } from 'vitest';
import { canCancel, canOpen, canResume, isActive, progressOf, type Video, type VideoState } from './video-state.ts';

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

const of = (state: VideoState, progress: Partial<Video['progress']> = {}) => ({
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

describe('what can be done', () => {
    it.each([
        ['queued', { active: true, cancel: true, resume: false, open: false }],
        ['running', { active: true, cancel: true, resume: false, open: false }],
        ['done', { active: false, cancel: false, resume: false, open: true }],
        ['incomplete', { active: false, cancel: false, resume: true, open: false }],
        ['failed', { active: false, cancel: false, resume: true, open: false }],
        ['cancelled', { active: false, cancel: false, resume: true, open: false }],
        ['deleting', { active: true, cancel: false, resume: false, open: false }],
    ] as const)('depends on the state: %s', (state, expected) => {
        const video = of(state);
        expect({
            active: isActive(video),
            cancel: canCancel(video),
            resume: canResume(video),
            open: canOpen(video),
        }).toEqual(expected);
    });

    it('is looking, as soon as there are frames', () => {
        expect(canOpen(of('running', { frames_indexed: 1 }))).toBe(true);
        expect(canOpen(of('failed', { frames_indexed: 1 }))).toBe(true);
        expect(canOpen(of('deleting', { frames_indexed: 1 }))).toBe(false);
    });
});
