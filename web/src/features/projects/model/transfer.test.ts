import { describe, expect, it } from 'vitest';
import { estimate, shownTimeLeft, withSample, type Sample } from './transfer.ts';

function sending(bytesPerS: number, seconds: number, everyMs = 50): readonly Sample[] {
    let samples: readonly Sample[] = [];
    for (let atMs = 0; atMs <= seconds * 1000; atMs += everyMs) {
        samples = withSample(samples, { atMs, bytes: (atMs / 1000) * bytesPerS });
    }
    return samples;
}

describe('an estimate', () => {
    it('says nothing before there is something to go by', () => {
        expect(estimate([], 1000, 0)).toEqual({ bytesPerS: undefined, leftMs: undefined });
        expect(estimate(sending(1000, 0.5), 10_000, 500)).toEqual({ bytesPerS: undefined, leftMs: undefined });
    });

    it('gives speed and time left of a steady transfer', () => {
        const { bytesPerS, leftMs } = estimate(sending(1000, 4), 10_000, 4000);
        expect(bytesPerS).toBeCloseTo(1000, 5);
        expect(leftMs).toBeCloseTo(6000, 3);
    });

    it('follows a change within its window', () => {
        let samples = sending(1000, 10);
        for (let i = 1; i <= 80; i++) samples = withSample(samples, { atMs: 10_000 + i * 100, bytes: 10_000 + i * 10 });
        expect(estimate(samples, 100_000, 18_000).bytesPerS).toBeCloseTo(100, 0);
    });

    it('sinks while nothing moves', () => {
        const samples = sending(1000, 4);
        expect(estimate(samples, 10_000, 8000).bytesPerS).toBeCloseTo(500, 5);
        expect(estimate([{ atMs: 0, bytes: 0 }], 10_000, 8000)).toEqual({ bytesPerS: 0, leftMs: undefined });
    });

    it('is done when all is sent', () => {
        expect(estimate(sending(1000, 4), 4000, 9000).leftMs).toBe(0);
    });

    it('forgets an attempt that was begun again', () => {
        expect(withSample(sending(1000, 4), { atMs: 5000, bytes: 10 })).toEqual([{ atMs: 5000, bytes: 10 }]);
    });

    it('keeps few samples however often it is told', () => {
        expect(sending(1000, 20, 1).length).toBeLessThan(130);
    });
});

describe('a time left', () => {
    it.each([
        [0, 'less than 5 s'],
        [4900, 'less than 5 s'],
        [16_000, 'about 20 s'],
        [59_000, 'about 60 s'],
        [61_000, 'about 2 min'],
        [3_500_000, 'about 59 min'],
        [3_600_000, 'about 1 h'],
        [7_740_000, 'about 2 h 10 min'],
        [7_140_000, 'about 2 h'],
    ])('of %d ms is "%s"', (ms, text) => {
        expect(shownTimeLeft(ms)).toBe(text);
    });
});
