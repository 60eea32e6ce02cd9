import { describe, expect, it } from 'vitest';
import { linkFrames, linksBetween } from './linking.ts';
import { frame, object, type ObjectInFrame } from './testing.ts';

const pairs = (a: ObjectInFrame[], b: ObjectInFrame[], seconds = 0.2) => [
    ...linkFrames(frame(0, a), frame(seconds * 1e6, b)),
];

describe('linkFrames', () => {
    it('follows tracks wherever they go, whatever they look like', () => {
        const a = [object([0, 0, 50, 50], { track: 'v-t1' }), object([300, 0, 50, 50], { track: 'v-t2' })];
        const b = [
            object([310, 0, 20, 90], { track: 'v-t1', class: 'truck' }),
            object([0, 0, 50, 50], { track: 'v-t3' }),
        ];
        expect(pairs(a, b)).toEqual([[0, 0]]);
    });

    it('does not guess for an object that has a track', () => {
        expect(pairs([object([0, 0, 50, 50], { track: 'v-t1' })], [object([0, 0, 50, 50])])).toEqual([]);
        expect(pairs([object([0, 0, 50, 50])], [object([0, 0, 50, 50], { track: 'v-t1' })])).toEqual([]);
    });

    it('takes the box that overlaps for the same thing, if the class is the same', () => {
        const a = [object([0, 0, 50, 50]), object([200, 0, 50, 50])];
        const b = [object([205, 0, 50, 50]), object([5, 0, 50, 50])];
        expect(pairs(a, b)).toEqual([
            [0, 1],
            [1, 0],
        ]);
        expect(pairs(a, [object([5, 0, 50, 50], { class: 'person' })])).toEqual([]);
    });

    it('gives one box one partner: the better one', () => {
        const a = [object([0, 0, 50, 50]), object([30, 0, 50, 50])];
        expect(pairs(a, [object([28, 0, 50, 50])])).toEqual([[1, 0]]);
    });

    it('links boxes that do not overlap only if they came as far as things go in that time', () => {
        const a = [object([0, 0, 50, 50])];
        expect(pairs(a, [object([45, 0, 50, 50])], 0.3)).toEqual([[0, 0]]);
        expect(pairs(a, [object([45, 0, 50, 50])], 0.04)).toEqual([]);
        expect(pairs(a, [object([90, 0, 50, 50])], 3)).toEqual([]);
    });

    it('does not link boxes that do not overlap and differ in size', () => {
        expect(pairs([object([0, 0, 50, 50])], [object([45, 0, 25, 25])], 0.3)).toEqual([]);
    });

    it('does not choose between two that are as likely', () => {
        const a = [object([100, 0, 50, 50])];
        expect(pairs(a, [object([55, 0, 50, 50]), object([145, 0, 50, 50])], 0.3)).toEqual([]);
    });
});

describe('linksBetween', () => {
    it('remembers the links as long as the frame that follows is the same', () => {
        const a = frame(0, [object([0, 0, 50, 50])]);
        const b = frame(200_000, [object([5, 0, 50, 50])]);
        const links = linksBetween(a, b);
        expect(linksBetween(a, b)).toBe(links);
        expect([...linksBetween(a, frame(200_000, []))]).toEqual([]);
        expect([...linksBetween(a, b)]).toEqual([[0, 0]]);
    });
});
