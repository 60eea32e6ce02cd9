import { expect, it } from 'vitest';
import { hitFixture } from '../testing.ts';
import type { Cell, Hit, SectionKey } from './layout.ts';
import { describeCell, scoreText } from './texts.ts';

const cell = (facts: Partial<Hit>, section: SectionKey = 'found', stands = 1): Cell => ({
    hit: hitFixture('o', facts),
    section,
    at: 0,
    stands,
    stack: null,
    unfolded: false,
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
