import { expect, it } from 'vitest';
import { BYTES_AS_IS, chosenFile, pictureId, SIDE_MOST, smallerSize, tooMany } from './picture.ts';

it('gives the same content the same id, and another content another', () => {
    const bytes = Uint8Array.from({ length: 1000 }, (_, at) => (at * 7) % 256);
    const other = bytes.slice();
    other[500] = 1;
    expect(pictureId(bytes)).toBe(pictureId(bytes.slice()));
    expect(pictureId(other)).not.toBe(pictureId(bytes));
    expect(pictureId(bytes)).toMatch(/^[0-9a-z]+$/);
    expect(pictureId(new Uint8Array())).toMatch(/^[0-9a-z]+$/);
});

it('tells many contents apart', () => {
    const ids = new Set(Array.from({ length: 20_000 }, (_, n) => pictureId(Uint8Array.of(n, n >> 8, n >> 16))));
    expect(ids.size).toBe(20_000);
});

it('makes smaller what is larger than needed, in shape', () => {
    expect(smallerSize(SIDE_MOST, 10, 100)).toBeNull();
    expect(smallerSize(2 * SIDE_MOST, SIDE_MOST, 100)).toEqual({ width: SIDE_MOST, height: SIDE_MOST / 2 });
    expect(smallerSize(100_000, 3, 100)).toEqual({ width: SIDE_MOST, height: 1 });
    expect(smallerSize(800, 600, BYTES_AS_IS + 1)).toEqual({ width: 800, height: 600 });
});

it('lets the oldest pictures go', () => {
    const kept = [
        { id: 'old', at: 1, bytes: 10 },
        { id: 'new', at: 3, bytes: 500 },
        { id: 'middle', at: 2, bytes: 10 },
    ];
    expect(tooMany(kept, { pictures: 2, bytes: 1000 })).toEqual(['old']);
    expect(tooMany(kept, { pictures: 9, bytes: 100 })).toEqual(['middle', 'old']);
    expect(tooMany(kept, { pictures: 9, bytes: 1000 })).toEqual([]);
});

it('searches by the first picture of several files', () => {
    const text = new File(['x'], 'notes.txt', { type: 'text/plain' });
    const picture = new File(['x'], 'a.png', { type: 'image/png' });
    expect(chosenFile([text, picture])).toBe(picture);
    expect(chosenFile([text])).toBe(text);
    expect(chosenFile([])).toBeUndefined();
});
