import { describe, expect, it } from 'vitest';
import { correctionOf, pictureOf } from '../testing.ts';
import { canSplit, correctionText, givingOf, hasRest, joinOf } from './corrections.ts';

const track = (n: number) => `0123456789abcdef-t${n}`;
const [a, b] = [pictureOf(1, { track: track(1) }), pictureOf(2, { track: track(2) })];
const [loose, other] = [pictureOf(3), pictureOf(4)];

describe('corrections as sentences', () => {
    const at = { time_us: 8_600_000 };

    it('say what was split and merged', () => {
        expect(correctionText(correctionOf('split', { ...at, track: track(14) }))).toBe('split track 14 at 0:08.600');
        expect(correctionText(correctionOf('merge', { track: track(3), other: track(2) }))).toBe(
            'merged track 3 into track 2',
        );
    });

    it('say what was given to which track', () => {
        const give = (facts: object) => correctionText(correctionOf('give', { ...at, ...facts }));
        expect(give({ objects: 1, track: track(3), other: track(2) })).toBe('gave the object at 0:08.600 to track 2');
        expect(give({ objects: 1, track: track(3), other: null })).toBe('took the object at 0:08.600 out of track 3');
        expect(give({ objects: 1, track: null, other: null })).toBe('made a track of the object at 0:08.600');
        expect(give({ objects: 12, track: track(3), other: track(2) })).toBe('gave 12 objects to track 2');
        expect(give({ objects: 2, track: track(3), other: null })).toBe('made a track of 2 objects');
    });
});

it('splits a track where something of it comes before, and something not before', () => {
    const place = { first_us: 200_000, last_us: 900_000 };
    expect([0, 200_000, 200_001, 900_000, 900_001].map(us => canSplit(place, us))).toEqual([
        false,
        false,
        true,
        true,
        false,
    ]);
});

describe('making two objects one', () => {
    it('merges their tracks, and that of the second stays', () => {
        expect(joinOf(a, b)).toEqual({ kind: 'merge', track: track(1), into: track(2) });
    });

    it('gives one that is in no track to the track of the other', () => {
        expect(joinOf(loose, b)).toEqual({ kind: 'give', objects: [loose.object], track: track(2) });
        expect(joinOf(a, loose)).toEqual({ kind: 'give', objects: [loose.object], track: track(1) });
    });

    it('makes a track of two that are in none', () => {
        expect(joinOf(loose, other)).toEqual({ kind: 'make', objects: [loose.object, other.object] });
    });

    it('does nothing with what is one already, or of two videos', () => {
        expect(joinOf(a, pictureOf(5, { track: track(1) }))).toMatchObject({ kind: 'none' });
        expect(joinOf(loose, loose)).toMatchObject({ kind: 'none' });
        expect(joinOf(a, pictureOf(5, { video: 'f'.repeat(16), track: track(2) }))).toMatchObject({
            kind: 'none',
            why: expect.stringContaining('two videos') as string,
        });
    });
});

describe('giving objects to another', () => {
    it('takes them out of their tracks into that of the other', () => {
        expect(givingOf([a], b)).toEqual({ kind: 'give', objects: [a.object], track: track(2) });
        expect(givingOf([a, loose], b)).toEqual({ kind: 'give', objects: [a.object, loose.object], track: track(2) });
    });

    it('makes a track of all of them where the other is in none', () => {
        expect(givingOf([a, other], loose)).toEqual({ kind: 'make', objects: [a.object, other.object, loose.object] });
    });

    it('leaves out what is there already, and does nothing where all are', () => {
        const there = pictureOf(5, { track: track(2) });
        expect(givingOf([there, a], b)).toEqual({ kind: 'give', objects: [a.object], track: track(2) });
        expect(givingOf([there, b], b)).toMatchObject({ kind: 'none' });
    });

    it('does nothing where two of them are in one picture, and says which', () => {
        const beside = pictureOf(1, { object: 'beside', class: 'bus' });
        const why = 'The car at 0:05.000 and the bus at 0:05.000 are in one picture: they cannot be one and the same.';
        expect(givingOf([a, beside], b)).toEqual({ kind: 'none', why });
        expect(givingOf([a], beside)).toEqual({ kind: 'none', why });
        // With what the other track has there it is exchanged.
        expect(givingOf([a], { ...beside, track: track(2) })).toMatchObject({ kind: 'give' });
    });

    it('does nothing where one of them is of another video', () => {
        expect(givingOf([a, pictureOf(5, { video: 'f'.repeat(16) })], b)).toMatchObject({
            kind: 'none',
            why: expect.stringContaining('of one video') as string,
        });
    });
});

it('has a rest of a track up to its last picture', () => {
    const place = { first_us: 200_000, last_us: 900_000 };
    expect([0, 900_000, 900_001].map(us => hasRest(place, us))).toEqual([true, true, false]);
});
