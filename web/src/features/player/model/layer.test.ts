import { describe, expect, it } from 'vitest';
import {
    ALL_SHOWN,
    boxesUnder,
    clickedBox,
    describeObject,
    readingOrder,
    stateOf,
    tagText,
    visibleBoxes,
    type BoxState,
    type DrawnBox,
    type Selection,
} from './layer.ts';
import { EXPLICIT, object, placedOf, PROBABLE } from './testing.ts';

const NOTHING: Selection = { id: null, followed: new Set() };
const selecting = (id: string, ...followed: string[]): Selection => ({ id, followed: new Set([id, ...followed]) });

describe('stateOf', () => {
    it('says how the object is known: detected, tracked, probable, explicit', () => {
        expect(stateOf(placedOf(object([0, 0, 1, 1])), NOTHING)).toBe('detected');
        expect(stateOf(placedOf(object([0, 0, 1, 1], { track: 'v-t1' })), NOTHING)).toBe('tracked');
        expect(stateOf(placedOf(object([0, 0, 1, 1], { label: PROBABLE })), NOTHING)).toBe('probable');
        expect(stateOf(placedOf(object([0, 0, 1, 1], { label: EXPLICIT, track: 'v-t1' })), NOTHING)).toBe('explicit');
    });

    it('puts the selection above all that', () => {
        const labelled = placedOf(object([0, 0, 1, 1], { id: 'a', label: EXPLICIT }));
        expect(stateOf(labelled, selecting('a'))).toBe('selected');
        expect(stateOf(labelled, selecting('b', 'a'))).toBe('followed');
    });

    it('sees the selection in either of the two samples that a moving box is between', () => {
        const moving = placedOf(object([0, 0, 1, 1], { id: 'later' }), {
            twin: object([0, 0, 1, 1], { id: 'earlier' }),
        });
        expect(stateOf(moving, selecting('earlier', 'later'))).toBe('selected');
    });
});

describe('visibleBoxes', () => {
    const weak = placedOf(object([0, 0, 1, 1], { id: 'weak', score: 0.3 }));
    const strong = placedOf(object([0, 0, 1, 1], { id: 'strong', score: 0.9 }));
    const labelled = placedOf(object([0, 0, 1, 1], { id: 'labelled', score: 0.5, label: PROBABLE }));
    const all = [weak, strong, labelled];

    it('are all of them, unless one wants less', () => {
        expect(visibleBoxes(all, ALL_SHOWN, NOTHING)).toEqual(all);
        expect(visibleBoxes(all, { ...ALL_SHOWN, minScore: 0.5 }, NOTHING)).toEqual([strong, labelled]);
        expect(visibleBoxes(all, { ...ALL_SHOWN, onlyLabelled: true }, NOTHING)).toEqual([labelled]);
    });

    it('have the selection among them whatever one wants, except when none are shown', () => {
        const options = { ...ALL_SHOWN, minScore: 0.8, onlyLabelled: true };
        expect(visibleBoxes(all, options, selecting('weak'))).toEqual([weak]);
        expect(visibleBoxes(all, options, selecting('elsewhere', 'weak'))).toEqual([weak]);
        expect(visibleBoxes(all, { ...options, shown: false }, selecting('weak'))).toEqual([]);
    });
});

describe('what is said of an object', () => {
    it('is its class and the detector’s score while it has no label', () => {
        expect(tagText(object([0, 0, 1, 1]))).toMatch(/^car /);
        expect(describeObject(object([0, 0, 1, 1]))).toMatch(/^car, score /);
    });

    it('is the name alone once somebody gave it', () => {
        expect(tagText(object([0, 0, 1, 1], { label: EXPLICIT }))).toBe('red car');
        expect(describeObject(object([0, 0, 1, 1], { label: EXPLICIT }))).toMatch(/^red car, labelled; car, /);
    });

    it('has a question mark and the label’s own score where it is only probable', () => {
        expect(tagText(object([0, 0, 1, 1], { label: PROBABLE, score: 0.5 }))).toMatch(/^red car\? .*91/);
        const long = { name: 'a van with a name as long as a sentence', score: 0.91 };
        const tag = (kind: 'explicit' | 'probable') => tagText(object([0, 0, 1, 1], { label: { ...long, kind } }));
        expect(tag('explicit')).toBe('a van with a name as long a…');
        expect(tag('probable')).toMatch(/^a van with a name as long a…\? .*91/);
        expect(describeObject(object([0, 0, 1, 1], { label: PROBABLE }))).toMatch(/^probably red car, .*91/);
    });
});

describe('pointing at boxes', () => {
    const drawn = (id: string, x: number, y: number, size: number, state: BoxState = 'detected'): DrawnBox => ({
        placed: placedOf(object([x, y, size, size], { id })),
        state,
        rect: { x, y, width: size, height: size },
    });
    const ids = (boxes: readonly DrawnBox[]) => boxes.map(box => box.placed.object.id);
    const boxes = [drawn('large', 0, 0, 100), drawn('small', 40, 40, 20), drawn('middle', 20, 20, 60)];

    it('means the smallest box first', () => {
        expect(ids(boxesUnder(boxes, 50, 50))).toEqual(['small', 'middle', 'large']);
        expect(ids(boxesUnder(boxes, 5, 5))).toEqual(['large']);
        expect(boxesUnder(boxes, 300, 5)).toEqual([]);
    });

    it('is forgiving at the edges', () => {
        expect(ids(boxesUnder(boxes, 38, 50))).toEqual(['small', 'middle', 'large']);
        expect(ids(boxesUnder(boxes, 38, 50, 0))).toEqual(['middle', 'large']);
    });

    it('goes to the next larger box with each further click at the same place, and around', () => {
        const chosen = (selected: string, samePlace: boolean) => {
            const under = boxesUnder(
                boxes.map(box => (box.placed.object.id === selected ? { ...box, state: 'selected' as const } : box)),
                50,
                50,
            );
            return clickedBox(under, samePlace)?.placed.object.id;
        };
        expect(chosen('none', false)).toBe('small');
        expect(chosen('small', true)).toBe('middle');
        expect(chosen('middle', true)).toBe('large');
        expect(chosen('large', true)).toBe('small');
        expect(chosen('middle', false)).toBe('small');
        expect(clickedBox([], true)).toBeUndefined();
    });
});

describe('readingOrder', () => {
    it('goes from left to right, and from top to bottom where boxes begin at the same place', () => {
        const at = (id: string, x: number, y: number) => placedOf(object([x, y, 5, 5], { id }));
        const order = readingOrder([at('c', 20, 0), at('b', 10, 50), at('a', 10, 5)]);
        expect(order.map(box => box.object.id)).toEqual(['a', 'b', 'c']);
    });
});
