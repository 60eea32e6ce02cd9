import { describe, expect, it } from 'vitest';
import type { Schema } from './client.ts';
import { isGrowing } from './video.ts';

const FINISHED = '2026-01-01T00:00:00Z';
const SOON = Date.parse(FINISHED) + 1000;
const LATER = Date.parse(FINISHED) + 3_600_000;

function video(state: Schema<'VideoState'>, tracked = false): Schema<'Video'> {
    return { state, finished_at: FINISHED, progress: { tracked } } as Schema<'Video'>;
}

describe('isGrowing', () => {
    it('is so until the objects are followed', () => {
        expect(isGrowing(video('queued'), SOON)).toBe(true);
        expect(isGrowing(video('running'), LATER)).toBe(true);
        expect(isGrowing(video('done'), SOON)).toBe(true);
        expect(isGrowing(video('done', true), SOON)).toBe(false);
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
