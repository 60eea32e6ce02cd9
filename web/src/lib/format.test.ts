import { describe, expect, it } from 'vitest';
import {
    formatAgo,
    formatBytes,
    formatCount,
    formatDuration,
    formatNumberOf,
    formatPercent,
    formatRate,
    formatScore,
    formatTimecode,
} from './format.ts';

describe('formatTimecode', () => {
    it('shows milliseconds, and hours only where there are any', () => {
        expect(formatTimecode(7_480_000)).toBe('0:07.480');
        expect(formatTimecode(3_723_480_000)).toBe('1:02:03.480');
        expect(formatTimecode(600_000_000, { ms: false })).toBe('10:00');
    });

    it('cuts what is below a millisecond and does not go below zero', () => {
        expect(formatTimecode(59_999_999)).toBe('0:59.999');
        expect(formatTimecode(-1)).toBe('0:00.000');
    });
});

describe('formatDuration', () => {
    it('uses the unit that fits', () => {
        expect([480_000, 7_500_000, 59_600_000, 80_000_000, 3_600_000_000, 7_500_000_000].map(formatDuration)).toEqual([
            '480 ms',
            '7.5 s',
            '1 min',
            '1 min 20 s',
            '1 h',
            '2 h 5 min',
        ]);
    });

    it('never shows 60 minutes or 10.0 seconds', () => {
        expect(formatDuration(9_990_000)).toBe('10 s');
        expect(formatDuration(3_599_900_000)).toBe('1 h');
        expect(formatDuration(7_199_000_000)).toBe('2 h');
    });
});

describe('other numbers', () => {
    it('counts', () => {
        expect(formatCount(12_345)).toBe('12,345');
        expect([0, 1, 2].map(n => formatNumberOf(n, 'frame'))).toEqual(['0 frames', '1 frame', '2 frames']);
        expect(formatNumberOf(2, 'box', 'boxes')).toBe('2 boxes');
    });

    it('shows sizes without four digits', () => {
        expect([0, 999, 1000, 1_234_567, 999_960_000, 2e9].map(formatBytes)).toEqual([
            '0 B',
            '999 B',
            '1.0 kB',
            '1.2 MB',
            '1.0 GB',
            '2.0 GB',
        ]);
    });

    it('says 100 % only when it is all', () => {
        expect([0, 0.873, 0.999, 1].map(formatPercent)).toEqual(['0 %', '87 %', '99 %', '100 %']);
    });

    it('shows rates and scores', () => {
        expect(formatRate(24.94)).toBe('24.9 frames/s');
        expect(formatRate(0)).toBe('0 frames/s');
        expect(formatScore(0.8731)).toBe('0.87');
        expect(formatScore(-0.001)).toBe('0.00');
    });

    it('says how long ago', () => {
        const now = Date.parse('2026-01-02T12:00:00Z');
        expect(formatAgo('2026-01-02T11:59:57Z', now)).toBe('just now');
        expect(formatAgo('2026-01-02T11:57:00Z', now)).toBe('3 minutes ago');
        expect(formatAgo('2026-01-01T11:00:00Z', now)).toBe('yesterday');
    });
});
