import { describe, expect, it } from 'vitest';
import { pictureOf } from '../testing.ts';
import { columnName, columnOf, draggedName, draggedOf } from './dragging.ts';

describe('what is dragged', () => {
    it('is pictures, at least one', () => {
        const picture = pictureOf(1);
        expect(draggedOf({ pictures: [picture] })).toEqual({ pictures: [picture] });
        for (const other of [undefined, null, 'x', {}, { pictures: [] }, { pictures: 3 }])
            expect(draggedOf(other)).toBeNull();
    });

    it('is told by its class and time, or by its number', () => {
        expect(draggedName({ pictures: [pictureOf(1, { pts_us: 7_480_000 })] })).toBe('car at 0:07.480');
        expect(draggedName({ pictures: [pictureOf(1), pictureOf(2)] })).toBe('2 pictures');
    });
});

it('is dropped into a column, or nowhere', () => {
    expect(columnOf('positive')).toBe('positive');
    expect(columnOf('negative')).toBe('negative');
    expect(columnOf(undefined)).toBeNull();
    expect(columnOf('card')).toBeNull();
    expect([columnName('positive'), columnName('negative')]).toEqual(['Yes', 'No']);
});
