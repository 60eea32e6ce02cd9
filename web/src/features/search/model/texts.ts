// What is said of a result.
import { classText } from '@/lib/detector-class.ts';
import { formatPercent, formatScore, formatTimecode } from '@/lib/format.ts';
import type { Cell, Hit, SectionKey } from './layout.ts';

export interface ScoreText {
    text: string;
    /** What the number means. */
    meaning: string;
}

export type ScoreKind = 'similarity' | 'detector' | null;

/** Nothing of what somebody said. */
export function scoreText(hit: Hit, section: SectionKey, kind: ScoreKind): ScoreText | null {
    if (section === 'explicit') return null;
    if (section === 'probable')
        return hit.confidence === undefined
            ? null
            : { text: formatPercent(hit.confidence), meaning: 'How sure it is that this is it' };
    return {
        text: formatScore(hit.score),
        meaning: kind === 'detector' ? 'How sure the detector is' : 'How similar it is, at most 1',
    };
}

/** A result in words, for those who do not see it. */
export function describeCell({ hit, section, stands }: Cell, video: string, kind: ScoreKind): string {
    const score = scoreText(hit, section, kind);
    const name = section === 'probable' ? 'probability' : kind === 'detector' ? 'detector’s score' : 'similarity';
    return [
        `${classText(hit)} at ${formatTimecode(hit.pts_us)} in ${video}`,
        hit.label !== null && `${hit.label.kind === 'probable' ? 'probably' : 'labelled'} ${hit.label.name}`,
        score !== null && `${name} ${score.text}`,
        stands > 1 && `${stands} near-identical pictures`,
    ]
        .filter(Boolean)
        .join(', ');
}

export const SECTION_TITLES: Record<SectionKey, string> = {
    found: '',
    explicit: 'Labelled',
    probable: 'Probably',
};
