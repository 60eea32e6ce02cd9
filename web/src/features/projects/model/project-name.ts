// Names of projects: they stand in addresses and in blob keys, so little is allowed in them.

export const PROJECT_NAME_MOST = 63;
const PROJECT_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

export function isProjectName(text: string): boolean {
    return PROJECT_NAME.test(text);
}

/** What is wrong with a name, as a sentence; undefined for a good one. */
export function projectNameProblem(text: string): string | undefined {
    if (isProjectName(text)) return undefined;
    if (text === '') return 'Give the project a name.';
    if (/[A-Z]/.test(text)) return 'Use lower-case letters.';
    if (/\s/.test(text)) return 'Use hyphens in place of spaces.';
    if (text.startsWith('-')) return 'The first character must be a letter or a digit.';
    if (/[^a-z0-9-]/.test(text)) return 'Use only the letters a to z, digits and hyphens.';
    return `Use at most ${PROJECT_NAME_MOST} characters: these are ${text.length}.`;
}

// Letters that do not fall apart into a letter and an accent.
const SPELLED: Record<string, string> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', ł: 'l', þ: 'th', ı: 'i' };

/** The name that comes closest to the text; undefined where nothing is left of it. */
export function slugOf(text: string): string | undefined {
    const slug = text
        .toLowerCase()
        .replace(/[ßæœøđðłþı]/g, letter => SPELLED[letter] ?? letter)
        .normalize('NFKD')
        .replace(/\p{Mark}/gu, '')
        .toLowerCase()
        .replace(/['’]/g, '')
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-+/, '')
        .slice(0, PROJECT_NAME_MOST)
        .replace(/-+$/, '');
    return slug === '' ? undefined : slug;
}

/** A good name to offer in place of a bad one. */
export function correctedName(text: string): string | undefined {
    return isProjectName(text) ? undefined : slugOf(text);
}
