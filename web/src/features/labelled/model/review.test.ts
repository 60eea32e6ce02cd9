import { describe, expect, it } from 'vitest';
import { insteadOf, mistakeKey, objectsOf, stillToReview, whoSaid, type Mistake } from './review.ts';

const VIDEO = '0123456789abcdef';

function mistakeOf(n: number, facts: Partial<Mistake> = {}, said: Partial<Mistake['assertion']> = {}): Mistake {
    const frame = `${VIDEO}-${String(n).padStart(8, '0')}`;
    return {
        assertion: {
            label: 'van',
            kind: 'explicit',
            score: 1,
            by: 'ann',
            at: '2026-03-01T10:00:00Z',
            step: 3,
            hit: {
                object: `${frame}-000`,
                score: 1,
                video: VIDEO,
                frame,
                index: n,
                pts_us: n * 1_000_000,
                frame_width: 640,
                frame_height: 360,
                box: [0, 0, 10, 10],
                class: 'car',
                detector_score: 0.7,
                track: null,
                label: null,
            },
            ...said,
        },
        score: 0.9,
        reason: 'other_label',
        detail: 'it looks like "bus" (0.9)',
        likely: 'bus',
        own: null,
        other: null,
        alike: [],
        ...facts,
    };
}

it('leaves out what was decided, also when the list has come anew', () => {
    const [a, b] = [mistakeOf(1), mistakeOf(2)];
    expect(stillToReview([a, b], new Set([mistakeKey(mistakeOf(1))]))).toEqual([b]);
    // The same object again, but of another word.
    expect(stillToReview([mistakeOf(1, {}, { step: 9 })], new Set([mistakeKey(a)]))).toHaveLength(1);
});

it('is about all of which the same was said', () => {
    expect(objectsOf(mistakeOf(1, { alike: ['x', 'y'] }))).toEqual([`${VIDEO}-00000001-000`, 'x', 'y']);
});

describe('what it would be instead', () => {
    it('is the label it looks like', () => {
        expect(insteadOf(mistakeOf(1))).toEqual({ label: 'bus', text: 'It is “bus”' });
    });

    it('is this label after all where somebody said that it is not', () => {
        expect(insteadOf(mistakeOf(1, { reason: 'like_yes', likely: 'van' }, { kind: 'negative' }))).toEqual({
            label: 'van',
            text: 'It is “van”',
        });
    });

    it('is not known where it only looks like what was said not to be it', () => {
        expect(insteadOf(mistakeOf(1, { reason: 'like_no', likely: null }))).toBeNull();
    });
});

it('says who said what', () => {
    expect(whoSaid(mistakeOf(1))).toBe('ann said that this is ');
    expect(whoSaid(mistakeOf(1, {}, { by: null, kind: 'negative' }))).toBe('Somebody said that this is not ');
});
