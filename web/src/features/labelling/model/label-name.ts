// Names of labels, by the server's rules (src/search/label_name.h): what is wrong is said before it is sent.

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

/** What tells names apart. The server folds by Unicode's full rules; for offering labels, this is near enough. */
export function labelKey(name: string): string {
    return cleanLabelName(name).normalize('NFKC').toLowerCase();
}

export function findLabel<Label extends { name: string }>(labels: readonly Label[], name: string): Label | undefined {
    const key = labelKey(name);
    return labels.find(label => labelKey(label.name) === key);
}

/** The labels that fit what is typed: those that begin with it, then those with a word that does, then the rest. */
export function matchLabels<Label extends { name: string }>(labels: readonly Label[], typed: string): Label[] {
    const key = labelKey(typed);
    if (key === '') return [...labels];
    const rank = (name: string) => {
        const text = labelKey(name);
        if (text.startsWith(key)) return 0;
        if (text.includes(` ${key}`)) return 1;
        return text.includes(key) ? 2 : 3;
    };
    return labels
        .map(label => ({ label, rank: rank(label.name) }))
        .filter(entry => entry.rank < 3)
        .sort((a, b) => a.rank - b.rank)
        .map(entry => entry.label);
}
