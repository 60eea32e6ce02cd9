import { describe, expect, it } from 'vitest';
import { overlapArea, type Rect } from './geometry.ts';
import { placeTags, type TagWish } from './tags.ts';

const BOUNDS = { x: 0, y: 0, width: 640, height: 480 };
const TAG = { width: 60, height: 16 };
const wish = (x: number, y: number, width: number, height: number, must = false): TagWish => ({
    rect: { x, y, width, height },
    size: TAG,
    must,
});

describe('placeTags', () => {
    it('puts a tag above its box', () => {
        expect(placeTags([wish(100, 100, 80, 80)], BOUNDS)).toEqual([{ x: 100, y: 84, ...TAG }]);
    });

    it('puts it inside where the picture ends above', () => {
        expect(placeTags([wish(100, 5, 80, 80)], BOUNDS)).toEqual([{ x: 100, y: 5, ...TAG }]);
    });

    it('keeps it in the picture at the sides', () => {
        const [right, left] = placeTags([wish(610, 100, 80, 80), wish(-20, 300, 80, 80)], BOUNDS);
        expect(right?.x).toBe(580);
        expect(left?.x).toBe(0);
    });

    it('moves a tag away from another box and from another tag', () => {
        const wishes = [wish(100, 100, 80, 80), wish(100, 180, 80, 80)];
        const [first, second] = placeTags(wishes, BOUNDS);
        expect(first?.y).toBe(84);
        // Above would hide the lower part of the first box.
        expect(second?.y).toBe(180);
    });

    it('never puts two on each other, and leaves one away rather', () => {
        const crowd = Array.from({ length: 30 }, (_, i) => wish(100 + i, 100 + i, 80, 80));
        const placed = placeTags(crowd, BOUNDS).filter((place): place is Rect => place !== null);
        expect(placed.length).toBeGreaterThan(2);
        expect(placed.length).toBeLessThan(30);
        placed.forEach((a, i) => placed.slice(i + 1).forEach(b => expect(overlapArea(a, b)).toBe(0)));
    });

    it('leaves away what is much wider than its box, unless it must be shown', () => {
        expect(placeTags([wish(100, 100, 10, 10)], BOUNDS)).toEqual([null]);
        expect(placeTags([wish(100, 100, 10, 10, true)], BOUNDS)[0]).not.toBeNull();
    });

    it('has no place for a tag that is larger than the picture', () => {
        expect(placeTags([wish(0, 0, 80, 10, true)], { x: 0, y: 0, width: 640, height: 8 })).toEqual([null]);
    });
});
