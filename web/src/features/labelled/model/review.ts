// Going through probable mistakes, one at a time.
import type { Schema } from '@/api/client.ts';
import { quoted } from '@/lib/steps.ts';

export type Mistake = Schema<'Mistake'>;

export interface Verdict {
    kind: 'keep' | 'take-back' | 'instead';
}

export function objectsOf({ assertion, alike }: Mistake): string[] {
    return [assertion.hit.object, ...alike];
}

/** Tells one from another, also when the list has come anew. */
export function mistakeKey({ assertion }: Mistake): string {
    return `${assertion.step ?? ''} ${assertion.label} ${assertion.kind} ${assertion.hit.object}`;
}

/** Those that were not decided or skipped yet. */
export function stillToReview(mistakes: readonly Mistake[], done: ReadonlySet<string>): Mistake[] {
    return mistakes.filter(mistake => !done.has(mistakeKey(mistake)));
}

/** What it would be instead, as a button says it: another label, or after all this one; null where nobody knows. */
export function insteadOf({ assertion, reason, likely }: Mistake): { label: string; text: string } | null {
    if (reason === 'like_yes') return { label: assertion.label, text: `It is ${quoted(assertion.label)}` };
    return reason === 'other_label' && likely !== null ? { label: likely, text: `It is ${quoted(likely)}` } : null;
}

/** "Anna said that it is", "Somebody said that it is not". */
export function whoSaid({ assertion }: Mistake): string {
    const { by, kind } = assertion;
    const who = by === null || by === '' ? 'Somebody' : by;
    return `${who} said that this is ${kind === 'negative' ? 'not ' : ''}`;
}
