import { describe, expect, it } from 'vitest';
import type { Schema } from './client.ts';
import { canOpen, isActive, isGrowing, isUnfinished } from './video.ts';

const FINISHED = '2026-01-01T00:00:00Z';
const SOON = Date.parse(FINISHED) + 1000;
const LATER = Date.parse(FINISHED) + 3_600_000;

function video(state: Schema<'VideoState'>, progress: Partial<Schema<'Video'>['progress']> = {}): Schema<'Video'> {
    return { state, finished_at: FINISHED, progress: { tracked: false, ...progress } } as Schema<'Video'>;
}

describe('what can be done', () => {
    it.each([
        ['queued', { active: true, cancel: true, open: false }],
        ['running', { active: true, cancel: true, open: false }],
        ['done', { active: false, cancel: false, open: true }],
        ['incomplete', { active: false, cancel: false, open: false }],
        ['failed', { active: false, cancel: false, open: false }],
        ['cancelled', { active: false, cancel: false, open: false }],
        ['deleting', { active: true, cancel: false, open: false }],
    ] as const)('depends on the state: %s', (state, expected) => {
        const one = video(state, { frames_indexed: 0 });
        expect({
            active: isActive(one),
            cancel: isUnfinished(one),
            open: canOpen(one),
        }).toEqual(expected);
    });

    it('is looking, as soon as there are frames', () => {
        const begun = { frames_indexed: 1 };
        expect(canOpen(video('running', begun))).toBe(true);
        expect(canOpen(video('failed', begun))).toBe(true);
        expect(canOpen(video('deleting', begun))).toBe(false);
    });
});

describe('isGrowing', () => {
    it('is so until the objects are followed', () => {
        expect(isGrowing(video('queued'), SOON)).toBe(true);
        expect(isGrowing(video('running'), LATER)).toBe(true);
        expect(isGrowing(video('done'), SOON)).toBe(true);
        expect(isGrowing(video('done', { tracked: true }), SOON)).toBe(false);
        expect(isGrowing(video('incomplete'), SOON)).toBe(true);
    });

    it('ends where nobody follows them', () => {
        expect(isGrowing(video('done'), LATER)).toBe(false);
    });

    it('is not so for what ended otherwise, or is not known', () => {
        expect(isGrowing(video('failed'), SOON)).toBe(false);
        expect(isGrowing(video('cancelled'), SOON)).toBe(false);
        expect(isGrowing(undefined, SOON)).toBe(false);
    });
});
