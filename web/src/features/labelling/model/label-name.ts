// Names of labels, by the server's rules (src/search/label_name.h): what is wrong is said before it is sent.
import { nameKey } from '@/lib/matching.ts';

const LENGTH_MOST = 100;
const CONTROL = /\p{Cc}/u;
// Embeddings, overrides and isolates: they turn the text around the name.
const TURNING = /[\u202a-\u202e\u2066-\u2069]/;

export function cleanLabelName(typed: string): string {
    return typed.trim().normalize('NFC');
}

/** What is wrong with the name, as a sentence; undefined: nothing. */
export function labelNameProblem(typed: string): string | undefined {
    const name = cleanLabelName(typed);
    if (name === '') return 'Give it a name.';
    const length = [...name].length;
    if (length > LENGTH_MOST) return `The name has ${length} characters; at most ${LENGTH_MOST} are allowed.`;
    if (CONTROL.test(name)) return 'The name contains a line break or another control character.';
    if (TURNING.test(name)) return 'The name contains marks that turn the direction of the text.';
    // In an address, "." and ".." mean folders, however they are written.
    if (/^\.{1,2}$/.test(name)) return 'A name needs more than dots.';
    return undefined;
}

export function findLabel<Label extends { name: string }>(labels: readonly Label[], name: string): Label | undefined {
    const key = nameKey(name);
    return labels.find(label => nameKey(label.name) === key);
}
