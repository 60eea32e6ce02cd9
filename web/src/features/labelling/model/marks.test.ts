import { describe, expect, it } from 'vitest';
import { mark, NO_MARKS, type MarkHow, type Marks } from './marks.ts';

const order = ['a', 'b', 'c', 'd'];

function after(...clicks: [string, MarkHow][]): string[] {
    const marks = clicks.reduce<Marks>((now, [key, how]) => mark(now, key, how, order), NO_MARKS);
    return [...marks.keys].sort();
}

describe('marking pictures', () => {
    it('marks one with a click, and unmarks it with another', () => {
        expect(after(['a', 'only'])).toEqual(['a']);
        expect(after(['a', 'only'], ['b', 'only'])).toEqual(['b']);
        expect(after(['a', 'only'], ['a', 'only'])).toEqual([]);
    });

    it('adds and removes one where a key is held', () => {
        expect(after(['a', 'only'], ['c', 'toggle'])).toEqual(['a', 'c']);
        expect(after(['a', 'only'], ['c', 'toggle'], ['a', 'toggle'])).toEqual(['c']);
    });

    it('marks a range, in either direction', () => {
        expect(after(['b', 'only'], ['d', 'range'])).toEqual(['b', 'c', 'd']);
        expect(after(['c', 'only'], ['a', 'range'])).toEqual(['a', 'b', 'c']);
    });

    it('begins with one where a range has no beginning, or it is gone', () => {
        expect(after(['c', 'range'])).toEqual(['c']);
        expect([...mark({ keys: new Set(['x']), anchor: 'x' }, 'b', 'range', order).keys]).toEqual(['b']);
    });
});
