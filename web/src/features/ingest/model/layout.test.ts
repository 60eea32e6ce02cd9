import { describe, expect, it } from 'vitest';
import { columnsFor, densityFor, layoutFlow, type Box } from './layout.ts';

const some = (part: string, count: number) => Array.from({ length: count }, (_, i) => `${part}-${i}`);

function layoutOf(splitters: number, downloaders: number, indexers: number, trackers = 0, upright = false) {
    const ids = {
        splitter: some('splitter', splitters),
        downloader: some('downloader', downloaders),
        indexer: some('indexer', indexers),
        tracker: some('tracker', trackers),
    };
    return layoutFlow(ids, upright);
}

function overlap(a: Box, b: Box): boolean {
    return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function anyOverlap(boxes: Box[]): boolean {
    return boxes.some((a, i) => boxes.slice(i + 1).some(b => overlap(a, b)));
}

describe('layoutFlow', () => {
    describe.each([
        ['from left to right', false],
        ['from top to bottom', true],
    ])('%s', (_, upright) => {
        it.each([
            [0, 0, 0, 0],
            [1, 1, 1, 0],
            [2, 4, 4, 2],
            [1, 20, 80, 0],
            [64, 64, 64, 64],
            [1, 1, 100, 0],
            [1, 100, 1, 0],
        ])('sets nothing on top of anything else (%i, %i, %i, %i)', (splitters, downloaders, indexers, trackers) => {
            const layout = layoutOf(splitters, downloaders, indexers, trackers, upright);
            expect(anyOverlap([layout.inbox, ...layout.parts, ...layout.stores])).toBe(false);
            for (const part of layout.parts) {
                const inside = layout.workers.filter(worker => worker.part === part.part);
                expect(anyOverlap(inside)).toBe(false);
                for (const worker of inside) {
                    expect(worker.x).toBeGreaterThanOrEqual(0);
                    expect(worker.x + worker.width).toBeLessThanOrEqual(part.width);
                    expect(worker.y + worker.height).toBeLessThanOrEqual(part.height);
                }
            }
        });
    });

    it('has a place for trackers only when there are any', () => {
        expect(layoutOf(1, 1, 1).parts.map(place => place.part)).toEqual(['splitter', 'downloader', 'indexer']);
        expect(layoutOf(1, 1, 1, 1).parts.map(place => place.part)).toContain('tracker');
    });

    it('goes from left to right', () => {
        const { inbox, parts } = layoutOf(1, 3, 20, 2);
        const lefts = [inbox.x, ...parts.map(part => part.x)];
        expect(lefts).toEqual([...lefts].sort((a, b) => a - b));
    });

    it('goes from top to bottom on a phone, and is as narrow as that', () => {
        const { parts, width, height } = layoutOf(1, 1, 2, 1, true);
        const tops = parts.map(part => part.y);
        expect(tops).toEqual([...tops].sort((a, b) => a - b));
        expect(width).toBeLessThan(390);
        expect(height).toBeLessThan(700);
        expect(layoutOf(1, 20, 79, 1, true).width).toBeLessThan(490);
    });

    it('stays readable on one screen with a hundred workers', () => {
        const { width, height } = layoutOf(1, 20, 79);
        expect(width).toBeLessThan(1700);
        expect(height).toBeLessThan(480);
    });
});

describe('density', () => {
    it('grows with the number of workers', () => {
        expect([1, 4, 5, 18, 19, 100].map(densityFor)).toEqual(['card', 'card', 'row', 'row', 'tile', 'tile']);
    });

    it('makes blocks that are wider than high', () => {
        expect(columnsFor(100, 'tile')).toBeGreaterThan(9);
        expect(columnsFor(1, 'tile')).toBe(1);
    });
});
