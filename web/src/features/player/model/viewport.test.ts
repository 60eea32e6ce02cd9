import { describe, expect, it } from 'vitest';
import { SECOND } from './testing.ts';
import { following, panned, spanOf, stretched, ticks, tilesOf, usOf, whole, xOf, zoomed } from './viewport.ts';

const HOUR = 3600 * SECOND;
const part = (from: number, to: number) => ({ fromUs: from * SECOND, toUs: to * SECOND });

describe('zoomed', () => {
    it('keeps the moment in its place', () => {
        const closer = zoomed(part(0, 100), 0.5, 30 * SECOND, HOUR);
        expect(closer).toEqual(part(15, 65));
        expect(xOf(closer, 30 * SECOND, 1000)).toBeCloseTo(xOf(part(0, 100), 30 * SECOND, 1000));
    });

    it('shows no more than the video and no less than two seconds', () => {
        expect(zoomed(part(10, 100), 1000, 50 * SECOND, HOUR)).toEqual(whole(HOUR));
        expect(spanOf(zoomed(part(10, 100), 0.001, 50 * SECOND, HOUR))).toBe(2 * SECOND);
        // Of a video that is shorter, all of it.
        expect(zoomed(whole(SECOND), 0.5, 0, SECOND)).toEqual(whole(SECOND));
    });

    it('does not leave the video', () => {
        expect(zoomed(part(0, 100), 2, 90 * SECOND, 200 * SECOND)).toEqual(part(0, 200));
        expect(zoomed(part(80, 180), 1.5, 90 * SECOND, 200 * SECOND).toUs).toBeLessThanOrEqual(200 * SECOND);
    });
});

describe('panned and following', () => {
    it('stop at both ends', () => {
        expect(panned(part(10, 20), -50 * SECOND, HOUR)).toEqual(part(0, 10));
        expect(panned(part(10, 20), 2 * HOUR, HOUR)).toEqual(part(3590, 3600));
        expect(panned(part(10, 20), 5 * SECOND, HOUR)).toEqual(part(15, 25));
    });

    it('leave the viewport as it is while the playhead is in it', () => {
        const viewport = part(10, 20);
        expect(following(viewport, 20 * SECOND, HOUR)).toBe(viewport);
    });

    it('turn the page when the playhead leaves it', () => {
        expect(following(part(10, 20), 21 * SECOND, HOUR)).toEqual(part(20, 30));
        expect(following(part(10, 20), 3 * SECOND, HOUR)).toEqual(part(2, 12));
    });
});

describe('stretched', () => {
    it('goes on showing all of a video that grows, and else what it showed', () => {
        expect(stretched(whole(1), 0, HOUR)).toEqual(whole(HOUR));
        expect(stretched(part(0, 100), 100 * SECOND, 200 * SECOND)).toEqual(part(0, 200));
        expect(stretched(part(10, 20), 100 * SECOND, 200 * SECOND)).toEqual(part(10, 20));
    });

    it('stays in a video that turns out shorter', () => {
        expect(stretched(part(80, 90), 100 * SECOND, 85 * SECOND)).toEqual(part(75, 85));
    });
});

describe('xOf and usOf', () => {
    it('are each other’s opposite', () => {
        expect(xOf(part(10, 20), 15 * SECOND, 800)).toBe(400);
        expect(usOf(part(10, 20), 400, 800)).toBe(15 * SECOND);
        expect(usOf(part(10, 20), 0, 0)).toBe(10 * SECOND);
    });
});

describe('ticks', () => {
    it('are round times, not too close to each other', () => {
        const { us, stepUs } = ticks(part(0, 60), 900);
        expect(stepUs).toBe(10 * SECOND);
        expect(us).toEqual([0, 10, 20, 30, 40, 50, 60].map(s => s * SECOND));
    });

    it('begin in the viewport', () => {
        expect(ticks(part(13, 40), 400).us).toEqual([20, 30, 40].map(s => s * SECOND));
    });

    it('know milliseconds and days', () => {
        expect(ticks({ fromUs: 0, toUs: 100_000 }, 900).stepUs).toBe(10_000);
        expect(ticks(whole(100 * 24 * HOUR), 300).stepUs).toBe(24 * HOUR);
    });
});

describe('tilesOf', () => {
    it('is the whole video while all of it is shown', () => {
        expect(tilesOf(whole(HOUR), HOUR)).toEqual([{ fromUs: 0, toUs: HOUR }]);
    });

    it('asks for the same parts again when one moves a little', () => {
        const a = tilesOf(part(100, 150), HOUR);
        expect(tilesOf(part(103, 153), HOUR)).toEqual(a);
        expect(tilesOf(part(100, 155), HOUR)).toEqual(a);
    });

    it('covers the viewport with at most three parts that fit each other', () => {
        for (let from = 0; from < 3590; from += 37) {
            for (const span of [2, 7, 50, 333, 3000]) {
                const viewport = panned(part(0, span), from * SECOND, HOUR);
                const tiles = tilesOf(viewport, HOUR);
                expect(tiles.length).toBeLessThanOrEqual(3);
                expect(tiles[0]?.fromUs).toBeLessThanOrEqual(viewport.fromUs);
                expect(tiles.at(-1)?.toUs).toBeGreaterThanOrEqual(viewport.toUs);
                tiles.slice(1).forEach((tile, i) => expect(tile.fromUs).toBe(tiles[i]?.toUs));
            }
        }
    });
});
