import { expect, it } from 'vitest';
import { groupPictures, overlap, type Sighting } from './near-identical.ts';

let frames = 0;

function seen(object: string, facts: Partial<Sighting> = {}): Sighting {
    const frame = `f${frames++}`;
    return { object, video: 'v', frame, pts_us: 0, box: [0, 0, 100, 100], class: 'car', track: null, ...facts };
}

const stacksOf = (...pictures: Sighting[]) =>
    groupPictures(pictures).map(stack => stack.pictures.map(picture => picture.object).join(' '));

it('says how much two boxes have in common', () => {
    expect(overlap([0, 0, 10, 10], [0, 0, 10, 10])).toBe(1);
    expect(overlap([0, 0, 10, 10], [5, 0, 10, 10])).toBeCloseTo(1 / 3);
    expect(overlap([0, 0, 10, 10], [10, 0, 10, 10])).toBe(0);
});

it('shows a track as one, wherever its pictures are, led by the best', () => {
    expect(
        stacksOf(
            seen('a', { track: 'v-t1' }),
            seen('b', { track: 'v-t2', pts_us: 200_000 }),
            seen('c', { track: 'v-t1', pts_us: 60_000_000, box: [500, 0, 9, 9] }),
        ),
    ).toEqual(['a c', 'b']);
});

it('shows neighbours in time and place as one where there are no tracks', () => {
    expect(stacksOf(seen('a'), seen('b', { pts_us: 900_000, box: [20, 0, 100, 100] }))).toEqual(['a b']);
    expect(stacksOf(seen('a'), seen('b', { pts_us: 1_900_000 }))).toEqual(['a', 'b']);
    expect(stacksOf(seen('a'), seen('b', { box: [90, 0, 100, 100] }))).toEqual(['a', 'b']);
    expect(stacksOf(seen('a'), seen('b', { class: 'bus' }))).toEqual(['a', 'b']);
    expect(stacksOf(seen('a'), seen('b', { video: 'w' }))).toEqual(['a', 'b']);
});

it('follows a thing from neighbour to neighbour, in whatever order they come', () => {
    const at = (object: string, s: number) => seen(object, { pts_us: s * 800_000, box: [s * 30, 0, 100, 100] });
    expect(stacksOf(at('c', 2), at('a', 0), at('d', 3), at('b', 1))).toEqual(['c a d b']);
});

it('keeps two things in one frame apart', () => {
    expect(stacksOf(seen('a', { frame: 'same' }), seen('b', { frame: 'same' }))).toEqual(['a', 'b']);
});

it('keeps two things apart that pass through one place one after the other', () => {
    const first = [0, 1, 2].map(n =>
        seen(`a${n}`, { frame: `f${n}`, pts_us: n * 200_000, box: [n * 20, 0, 100, 100] }),
    );
    const second = [1, 2, 3].map(n =>
        seen(`b${n}`, { frame: `f${n}`, pts_us: n * 200_000, box: [n * 20 - 50, 0, 100, 100] }),
    );
    expect(stacksOf(...first, ...second)).toEqual(['a0 a1 a2', 'b1 b2 b3']);
});
