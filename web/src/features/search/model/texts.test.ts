import { expect, it } from 'vitest';
import { hitFixture } from '../testing.ts';
import type { Cell, Hit, SectionKey } from './layout.ts';
import { describeCell, scoreOfCell, scoreText, stackTexts, whenText } from './texts.ts';

const cell = (facts: Partial<Hit>, section: SectionKey = 'found', stands = 1): Cell => ({
    hit: hitFixture('o', facts),
    section,
    at: 0,
    stands,
    ofTrack: false,
    stack: null,
    unfolded: false,
    busy: false,
    first: null,
});

it('has a number for what is similar, sure or probable, and none for what somebody said', () => {
    const hit = hitFixture('o', { score: 0.871, confidence: 0.93 });
    expect(scoreText(hit, 'found', 'similarity')?.text).toBe('0.87');
    expect(scoreText(hit, 'found', 'detector')?.meaning).toBe('How sure the detector is');
    expect(scoreText(hit, 'probable', null)?.text).toBe('93 %');
    expect(scoreText(hit, 'explicit', null)).toBeNull();
});

it('says what is seen in a card', () => {
    expect(describeCell(cell({ pts_us: 7_480_000, score: 0.9 }, 'found', 3), 'clip.mp4', 'similarity')).toBe(
        'car at 0:07.480 in clip.mp4, similarity 0.90, 3 near-identical pictures',
    );
    const label = { name: 'taxi', kind: 'explicit' as const, score: 1 };
    expect(describeCell(cell({ label }, 'explicit'), 'clip.mp4', null)).toBe(
        'car at 0:00.000 in clip.mp4, labelled taxi',
    );
    expect(describeCell(cell({ class_refused: true }, 'explicit'), 'clip.mp4', null)).toBe(
        'not car at 0:00.000 in clip.mp4',
    );
    const probable = { ...label, kind: 'probable' as const };
    expect(describeCell(cell({ label: probable, confidence: 0.8 }, 'probable'), 'clip.mp4', null)).toBe(
        'car at 0:00.000 in clip.mp4, probably taxi, probability 80 %',
    );
});

it('says of a track in how many pictures it is, and from when to when', () => {
    const followed = { objects: 20, first_us: 3_040_000, last_us: 26_000_000 };
    const track = cell({ pts_us: 7_480_000, score: 0.9, followed }, 'found', 20);
    expect(whenText(track)).toBe('0:03–0:26');
    expect(describeCell(track, 'clip.mp4', 'similarity')).toBe(
        'car at 0:07.480 in clip.mp4, similarity 0.90, 20 pictures of its track, 0:03–0:26',
    );
    expect(whenText(cell({ pts_us: 7_480_000 }))).toBe('0:07');
    expect(whenText(cell({ followed: { ...followed, last_us: 3_900_000 } }, 'found', 3))).toBe('0:03');
});

it('says of what carries a label from when to when its track does', () => {
    const followed = { objects: 20, first_us: 3_040_000, last_us: 26_000_000 };
    const named = cell({ pts_us: 7_480_000, followed }, 'explicit');
    expect(whenText(named)).toBe('0:03–0:26');
    expect(describeCell(named, 'clip.mp4', null)).toBe('car at 0:07.480 in clip.mp4, seen 0:03–0:26');
    expect(whenText({ ...named, unfolded: true })).toBe('0:07');
    const once = { objects: 1, first_us: 7_480_000, last_us: 7_480_000 };
    const alone = cell({ pts_us: 7_480_000, followed: once }, 'explicit');
    expect(describeCell(alone, 'clip.mp4', null)).toBe('car at 0:07.480 in clip.mp4');
});

it('has no number for how similar pictures are that are shown with their track only', () => {
    const other = { ...cell({ score: 0.4 }), ofTrack: true };
    expect(scoreOfCell(other, 'similarity')).toBeNull();
    expect(scoreOfCell(other, 'detector')?.text).toBe('0.40');
});

it('says where not all pictures of a track are shown', () => {
    const followed = { objects: 5000, first_us: 0, last_us: 500_000_000 };
    const track = { ...cell({ followed }, 'found', 5000), stack: 'o' };
    expect(stackTexts(track).label).toBe('Show all 5,000 pictures of its track');
    const folded = { ...track, first: 300 };
    expect(stackTexts(folded)).toEqual({
        label: 'Show the first 300 of 5,000 pictures of its track',
        title: '5,000 pictures of its track: show the first 300',
    });
    expect(stackTexts({ ...folded, stands: 1, unfolded: true })).toEqual({
        label: 'Show the first 300 of 5,000 pictures of its track as one',
        title: 'These are the first 300 of 5,000 pictures of its track: show as one',
    });
});
