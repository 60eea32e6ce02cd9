import { describe, expect, it } from 'vitest';
import { columnsOf, densest, filled, notIndexed } from './density.ts';

const column = (fromUs: number, density: number | null) => ({
    ...{ fromUs, toUs: fromUs + 10, density },
    ...{ explicit: 0, probable: 0, track: 0 },
});
const segment = (index: number, start_us: number, end_us: number, done = true) => ({
    ...{ index, start_us, end_us, done },
    ...{ source_frames: 0, frames: 0 },
});

describe('columnsOf', () => {
    it('divides the time evenly and counts objects per frame', () => {
        const columns = columnsOf([{ from_us: 100, to_us: 140, frames: [2, 0], objects: [5, 0] }]);
        expect(columns.map(({ fromUs, toUs, density }) => [fromUs, toUs, density])).toEqual([
            [100, 120, 2.5],
            [120, 140, null],
        ]);
    });

    it('takes over where the label and the track are, where it was asked for', () => {
        const [first] = columnsOf([
            { from_us: 0, to_us: 10, frames: [1], objects: [3], explicit: [1], probable: [2], track: [3] },
        ]);
        expect(first).toMatchObject({ explicit: 1, probable: 2, track: 3 });
        expect(columnsOf([{ from_us: 0, to_us: 10, frames: [1], objects: [3] }])[0]).toMatchObject({ explicit: 0 });
    });

    it('joins parts in their order', () => {
        const line = (from_us: number) => ({ from_us, to_us: from_us + 10, frames: [1], objects: [1] });
        expect(columnsOf([line(0), line(10)]).map(({ fromUs }) => fromUs)).toEqual([0, 10]);
    });
});

describe('filled', () => {
    it('goes on as before where parts are shorter than the time between two samples', () => {
        const columns = filled([column(0, 2), column(10, null), column(20, null), column(30, 4)], 30);
        expect(columns.map(({ density }) => density)).toEqual([2, 2, 2, 4]);
        expect(columns[1]).toMatchObject({ fromUs: 10, toUs: 20 });
    });

    it('leaves open what is longer', () => {
        const columns = filled([column(0, 2), column(10, null), column(20, null), column(30, null)], 10);
        expect(columns.map(({ density }) => density)).toEqual([2, 2, null, null]);
    });

    it('leaves the beginning open where nothing is known of it', () => {
        expect(filled([column(0, null), column(10, 1)], 100)[0]?.density).toBeNull();
    });
});

describe('densest', () => {
    it('is the greatest, and zero of nothing', () => {
        expect(densest([column(0, 2), column(10, null), column(20, 7)])).toBe(7);
        expect(densest([])).toBe(0);
    });
});

describe('notIndexed', () => {
    it('is nothing when all segments are done and reach to the end', () => {
        expect(notIndexed([segment(0, 0, 10), segment(1, 10, 20)], 20, 0)).toEqual([]);
    });

    it('is what waits to be looked at, although its segment is done', () => {
        const segments = [0, 1, 2].map(i => ({ ...segment(i, i * 10, i * 10 + 10), frames: 4 }));
        expect(notIndexed(segments, 30, 5)).toEqual([{ fromUs: 12.5, toUs: 30 }]);
        expect(notIndexed(segments, 30, 12)).toEqual([]);
    });

    it('is all of a video that has no segments yet', () => {
        expect(notIndexed([], 20, 0)).toEqual([{ fromUs: 0, toUs: 20 }]);
    });

    it('is what is not done, not there in between, and not there at the end, joined where it meets', () => {
        const segments = [segment(3, 50, 60), segment(0, 0, 10), segment(1, 10, 20, false)];
        expect(notIndexed(segments, 100, 0)).toEqual([
            { fromUs: 10, toUs: 50 },
            { fromUs: 60, toUs: 100 },
        ]);
    });

    it('does not count twice what segments have in common', () => {
        expect(notIndexed([segment(0, 0, 12), segment(1, 10, 20, false)], 20, 0)).toEqual([{ fromUs: 12, toUs: 20 }]);
    });
});
