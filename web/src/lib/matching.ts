// Finding things by a part of their names, as one types it.

const KEYS_KEPT = 20_000;
const keys = new Map<string, string>();

/** What tells names apart, near enough for offering them: the server folds by Unicode's full rules. */
export function nameKey(name: string): string {
    // With each letter that is typed thousands of names are looked through, by several parts of a view.
    let key = keys.get(name);
    if (key === undefined) {
        key = name.trim().normalize('NFKC').toLowerCase();
        if (keys.size >= KEYS_KEPT) keys.clear();
        keys.set(name, key);
    }
    return key;
}

/** Lower is better; null: it does not fit. */
function rank(name: string, typed: string): number | null {
    const key = nameKey(name);
    if (key === typed) return 0;
    if (key.startsWith(typed)) return 1;
    // The beginning of a later word.
    if (key.split(/[\s_-]+/).some(word => word.startsWith(typed))) return 2;
    return key.includes(typed) ? 3 : null;
}

/** Those that fit what is typed, best first, otherwise in the order they have. Nothing typed: all of them. */
export function matching<Item extends { name: string }>(items: readonly Item[], typed: string): Item[] {
    const key = nameKey(typed);
    if (key === '') return [...items];
    return items
        .map(item => ({ item, rank: rank(item.name, key) }))
        .filter((entry): entry is { item: Item; rank: number } => entry.rank !== null)
        .sort((a, b) => a.rank - b.rank)
        .map(({ item }) => item);
}
