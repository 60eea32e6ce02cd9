import { describe, expect, it } from 'vitest';
import { pictureOf } from '../testing.ts';
import { columnName, columnOf, doesOnto, draggedName, draggedOf, joinOnto } from './dragging.ts';

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

describe('dropped onto a box', () => {
    const track = (n: number) => `0123456789abcdef-t${n}`;
    const target = pictureOf(9, { track: track(2) });
    const [a, b] = [pictureOf(1, { track: track(1) }), pictureOf(2, { track: track(1) })];
    const loose = pictureOf(3);

    it('one brings its whole track along', () => {
        expect(joinOnto({ pictures: [a], all: [a, b] }, target)).toMatchObject({ kind: 'merge', track: track(1) });
        expect(doesOnto({ pictures: [a], all: [a, b] }, target)).toBe('Merge into track 2');
        expect(doesOnto({ pictures: [loose] }, target)).toBe('Join to track 2');
    });

    it('of several every single one is given', () => {
        const dragged = { pictures: [a, loose], all: [a, b, loose] } as const;
        expect(joinOnto(dragged, target)).toEqual({
            kind: 'give',
            objects: [a, b, loose].map(({ object }) => object),
            track: track(2),
        });
        expect(doesOnto(dragged, target)).toBe('Give 3 to track 2');
        expect(doesOnto(dragged, pictureOf(8))).toBe('Make one track');
        expect(doesOnto({ pictures: [a, loose] }, pictureOf(8, { video: 'f'.repeat(16) }))).toBe('Not possible');
    });
});

it('is dropped into a column, or nowhere', () => {
    expect(columnOf('positive')).toBe('positive');
    expect(columnOf('negative')).toBe('negative');
    expect(columnOf(undefined)).toBeNull();
    expect(columnOf('card')).toBeNull();
    expect([columnName('positive'), columnName('negative')]).toEqual(['Yes', 'No']);
});
