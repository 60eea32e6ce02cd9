import { describe, expect, it } from 'vitest';
import { groupPictures } from '@/lib/near-identical.ts';
import { pictureOf } from '../testing.ts';
import { cellsOf } from './grouping.ts';

const [a, b, c] = [pictureOf(1, { track: 'v-t1' }), pictureOf(2, { track: 'v-t1' }), pictureOf(3)];
const stacks = groupPictures([a, b, c]);

describe('a grid of stacks', () => {
    it('shows a folded stack as its best picture, which stands for all', () => {
        const [first, second] = cellsOf(stacks, new Set());
        expect(first).toMatchObject({ picture: a, stands: [a, b], stack: a.object, unfolded: false });
        expect(second).toMatchObject({ picture: c, stands: [c], stack: null });
    });

    it('shows an unfolded one picture by picture, each for itself, and the first can fold it', () => {
        const cells = cellsOf(stacks, new Set([a.object]));
        expect(cells.map(cell => cell.stands)).toEqual([[a], [b], [c]]);
        expect(cells.map(cell => cell.stack)).toEqual([a.object, null, null]);
    });

    it('has a key of its own for each cell', () => {
        const keys = cellsOf(stacks, new Set([a.object])).map(cell => cell.key);
        expect(new Set(keys).size).toBe(keys.length);
    });
});
