import { expect, it } from 'vitest';
import { clamp, secondsOfUs, usOfSeconds, windowIndexOf, windowRange } from './time.ts';

it('turns seconds into whole microseconds and back', () => {
    expect(usOfSeconds(0.1 + 0.2)).toBe(300_000);
    expect(secondsOfUs(1_500_000)).toBe(1.5);
});

it('cuts time into windows that meet without gap or overlap', () => {
    expect(windowIndexOf(0)).toBe(0);
    expect(windowIndexOf(19_999_999)).toBe(0);
    expect(windowIndexOf(20_000_000)).toBe(1);
    expect(windowIndexOf(-5)).toBe(0);
    expect(windowRange(0).to_us).toBe(windowRange(1).from_us);
});

it('keeps a value between two others', () => {
    expect([clamp(-1, 0, 5), clamp(3, 0, 5), clamp(9, 0, 5)]).toEqual([0, 3, 5]);
});
