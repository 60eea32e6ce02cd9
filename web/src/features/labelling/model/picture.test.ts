import { expect, it } from 'vitest';
import { pictureOf } from '../testing.ts';
import { onePerTrack, pictureName, pictureScore } from './picture.ts';

it('is called by what it shows and when', () => {
    expect(pictureName(pictureOf(1, { class: 'bicycle', pts_us: 61_200_000 }))).toBe('bicycle at 1:01.200');
});

it('says how similar it is, and of a suggestion how sure that is', () => {
    expect(pictureScore({ score: 0.832 }, 'score')).toBe('0.83');
    expect(pictureScore({ score: 0.832, confidence: 0.98 }, 'confidence')).toBe('98 %');
    expect(pictureScore({ score: null }, 'score')).toBeNull();
    expect(pictureScore({ score: null }, 'confidence')).toBeNull();
});

it('speaks for its track, and without one for itself', () => {
    const pictures = [
        pictureOf(1, { track: 'v-t1' }),
        pictureOf(2),
        pictureOf(3, { track: 'v-t1' }),
        pictureOf(4),
        pictureOf(5, { track: 'v-t2' }),
    ];
    expect(onePerTrack(pictures)).toEqual([pictures[0], pictures[1], pictures[3], pictures[4]]);
});
