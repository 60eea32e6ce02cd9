import { describe, expect, it } from 'vitest';
import { boxBetween, boxOnPicture, containRect, contains, displaySize, iou, overlapArea } from './geometry.ts';

const rect = (x: number, y: number, width: number, height: number) => ({ x, y, width, height });

describe('displaySize', () => {
    it('makes the pixels square by changing the width', () => {
        expect(displaySize({ width: 640, height: 480, sample_aspect_ratio: [4, 3] }).width).toBeCloseTo(853.33, 2);
        expect(displaySize({ width: 640, height: 480, sample_aspect_ratio: [1, 1] })).toEqual({
            width: 640,
            height: 480,
        });
    });

    it('takes pixels for square where the server has no sensible ratio', () => {
        expect(displaySize({ width: 640, height: 480, sample_aspect_ratio: [0, 1] }).width).toBe(640);
        expect(displaySize({ width: 640, height: 480, sample_aspect_ratio: [] }).width).toBe(640);
    });
});

describe('containRect', () => {
    it('leaves bars at the sides in a container that is too wide', () => {
        expect(containRect({ width: 1000, height: 480 }, { width: 640, height: 480 })).toEqual(rect(180, 0, 640, 480));
    });

    it('leaves bars above and below in a container that is too high', () => {
        expect(containRect({ width: 320, height: 480 }, { width: 640, height: 480 })).toEqual(rect(0, 120, 320, 240));
    });

    it('fills the container while the shape is not known', () => {
        expect(containRect({ width: 300, height: 200 }, { width: 0, height: 0 })).toEqual(rect(0, 0, 300, 200));
    });
});

describe('boxOnPicture', () => {
    it('scales and moves a box with the picture', () => {
        const placed = boxOnPicture([64, 48, 32, 24], { width: 640, height: 480 }, rect(100, 10, 320, 240));
        expect(placed).toEqual(rect(132, 34, 16, 12));
    });

    it('has a scale of its own for each axis, as pixels need not be square', () => {
        const placed = boxOnPicture([64, 48, 32, 24], { width: 640, height: 480 }, rect(0, 0, 1280, 480));
        expect(placed).toEqual(rect(128, 48, 64, 24));
    });

    it('has no extent where the frame has none', () => {
        expect(boxOnPicture([1, 1, 5, 5], { width: 0, height: 0 }, rect(7, 8, 100, 100))).toEqual(rect(7, 8, 0, 0));
    });
});

describe('contains', () => {
    it('counts the edges, and as much around them as it is told to', () => {
        expect(contains(rect(10, 10, 20, 20), 30, 30)).toBe(true);
        expect(contains(rect(10, 10, 20, 20), 31, 30)).toBe(false);
        expect(contains(rect(10, 10, 20, 20), 33, 7, 3)).toBe(true);
        expect(contains(rect(10, 10, 20, 20), 34, 7, 3)).toBe(false);
    });
});

describe('overlapArea and iou', () => {
    it('are zero for what only touches', () => {
        expect(overlapArea(rect(0, 0, 10, 10), rect(10, 0, 10, 10))).toBe(0);
        expect(iou([0, 0, 10, 10], [0, 10, 10, 10])).toBe(0);
    });

    it('measure what two have in common', () => {
        expect(overlapArea(rect(0, 0, 10, 10), rect(5, 5, 10, 10))).toBe(25);
        expect(iou([0, 0, 10, 10], [5, 0, 10, 10])).toBeCloseTo(1 / 3);
        expect(iou([3, 4, 5, 6], [3, 4, 5, 6])).toBe(1);
    });
});

describe('boxBetween', () => {
    it('moves and grows evenly', () => {
        expect(boxBetween([0, 10, 20, 20], [10, 20, 40, 10], 0.25)).toEqual([2.5, 12.5, 25, 17.5]);
        expect(boxBetween([0, 10, 20, 20], [10, 20, 40, 10], 0)).toEqual([0, 10, 20, 20]);
        expect(boxBetween([0, 10, 20, 20], [10, 20, 40, 10], 1)).toEqual([10, 20, 40, 10]);
    });
});
