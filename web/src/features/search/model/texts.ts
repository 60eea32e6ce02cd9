// What is said of a result.
import { classText } from '@/lib/detector-class.ts';
import { formatCount, formatPercent, formatScore, formatTimecode } from '@/lib/format.ts';
import type { Cell, SectionKey, Shown } from './layout.ts';

export interface ScoreText {
    text: string;
    /** What the number means. */
    meaning: string;
}

export type ScoreKind = 'similarity' | 'detector' | null;

/** Nothing of what somebody said. */
export function scoreText(hit: Shown, section: SectionKey, kind: ScoreKind): ScoreText | null {
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

/** How similar the other pictures of a track are, nobody asked. */
export function scoreOfCell({ hit, section, ofTrack }: Cell, kind: ScoreKind): ScoreText | null {
    return ofTrack && kind !== 'detector' ? null : scoreText(hit, section, kind);
}

/** From when to when it is seen, or when: "0:03–0:26", "0:03". */
export function whenText({ hit: { followed, pts_us }, unfolded }: Cell): string {
    const [from, to] = !unfolded && followed !== undefined ? [followed.first_us, followed.last_us] : [pts_us, pts_us];
    const [first, last] = [formatTimecode(from, { ms: false }), formatTimecode(to, { ms: false })];
    return first === last ? first : `${first}–${last}`;
}

/** What a cell stands for, without a number: "pictures of its track". */
export function standsFor({ hit }: Cell): string {
    return hit.followed === undefined ? 'near-identical pictures' : 'pictures of its track';
}

/** What the button of a stack does; `title` is the shorter one. */
export function stackTexts(cell: Cell): { label: string; title: string } {
    const { hit, stands, unfolded, first } = cell;
    const what = standsFor(cell);
    const some = first === null ? null : `the first ${formatCount(first)}`;
    const part = some === null ? null : `${some} of ${formatCount(hit.followed?.objects ?? stands)} ${what}`;
    if (unfolded)
        return {
            label: `Show ${part ?? `the ${what}`} as one`,
            title: part === null ? 'Show as one' : `These are ${part}: show as one`,
        };
    const all = `${formatCount(stands)} ${what}`;
    return { label: `Show ${part ?? `all ${all}`}`, title: `${all}: show ${some ?? 'all'}` };
}

/** A result in words, for those who do not see it. */
export function describeCell(cell: Cell, video: string, kind: ScoreKind): string {
    const { hit, section, stands } = cell;
    const score = scoreOfCell(cell, kind);
    const name = section === 'probable' ? 'probability' : kind === 'detector' ? 'detector’s score' : 'similarity';
    const seen = !cell.unfolded && hit.followed !== undefined && hit.followed.objects > 1 ? whenText(cell) : null;
    return [
        `${classText(hit)} at ${formatTimecode(hit.pts_us)} in ${video}`,
        hit.label && `${hit.label.kind === 'probable' ? 'probably' : 'labelled'} ${hit.label.name}`,
        score !== null && `${name} ${score.text}`,
        stands > 1 && `${formatCount(stands)} ${standsFor(cell)}`,
        seen !== null && (stands > 1 ? seen : `seen ${seen}`),
    ]
        .filter(Boolean)
        .join(', ');
}

export const SECTION_TITLES: Record<SectionKey, string> = {
    found: '',
    explicit: 'Labelled',
    probable: 'Probably',
};
