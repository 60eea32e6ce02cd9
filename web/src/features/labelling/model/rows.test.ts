import { describe, expect, it } from 'vitest';
import { pictureOf } from '../testing.ts';
import { columnsFor, layOut, neighbourOf } from './rows.ts';

const pictures = (count: number, from = 1) => Array.from({ length: count }, (_, n) => pictureOf(from + n));

describe('a grid as rows', () => {
    it('fills row after row, also where one section follows another', () => {
        const sections = [
            { key: 'own', pictures: pictures(2) },
            { key: 'suggested', pictures: pictures(3, 10) },
        ];
        const { rows, cells, rowOf } = layOut(sections, new Set(), 3);
        expect(rows.map(row => row.cells.map(cell => cell.section))).toEqual([
            ['own', 'own', 'suggested'],
            ['suggested', 'suggested'],
        ]);
        expect(cells.map(cell => cell.at)).toEqual([0, 1, 2, 3, 4]);
        expect(rowOf).toEqual([0, 0, 0, 1, 1]);
    });

    it('stacks only pictures of one section', () => {
        const track = 'v-t1';
        const sections = [
            { key: 'own', pictures: [pictureOf(1, { track })] },
            { key: 'suggested', pictures: [pictureOf(2, { track }), pictureOf(3, { track })] },
        ];
        const { cells } = layOut(sections, new Set(), 5);
        expect(cells.map(cell => cell.stands.length)).toEqual([1, 2]);
    });

    it('is empty where nothing is', () => {
        expect(layOut([{ key: 'own', pictures: [] }], new Set(), 3)).toEqual({ cells: [], rows: [], rowOf: [] });
    });
});

it('puts as many pictures into a row as there is room for, at least one', () => {
    expect(columnsFor(320, 100, 10)).toBe(3);
    expect(columnsFor(319, 100, 10)).toBe(2);
    expect(columnsFor(20, 100, 10)).toBe(1);
});

describe('the arrow keys', () => {
    // 0 1 2
    // 3 4
    const layout = layOut([{ key: 'own', pictures: pictures(5) }], new Set(), 3);
    const go = (at: number, key: string) => neighbourOf(at, key, layout);

    it('go to the neighbours', () => {
        expect(go(0, 'ArrowRight')).toBe(1);
        expect(go(3, 'ArrowLeft')).toBe(2);
        expect(go(1, 'ArrowDown')).toBe(4);
        expect(go(4, 'ArrowUp')).toBe(1);
    });

    it('go to the last of a shorter row', () => {
        expect(go(2, 'ArrowDown')).toBe(4);
    });

    it('stay at the ends', () => {
        expect(go(4, 'ArrowRight')).toBe(4);
        expect(go(0, 'ArrowLeft')).toBe(0);
        expect(go(0, 'ArrowUp')).toBe(0);
        expect(go(4, 'ArrowDown')).toBe(4);
    });

    it('know the first and the last', () => {
        expect(go(2, 'Home')).toBe(0);
        expect(go(2, 'End')).toBe(4);
    });

    it('are no other keys', () => {
        expect(go(2, 'p')).toBeNull();
    });
});
