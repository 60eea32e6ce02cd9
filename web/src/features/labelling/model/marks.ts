// Which cells of a grid are marked, to be moved together.

export interface Marks {
    readonly keys: ReadonlySet<string>;
    /** Where a range begins. */
    readonly anchor: string | null;
}

export const NO_MARKS: Marks = { keys: new Set(), anchor: null };

export type MarkHow = 'only' | 'toggle' | 'range';

/** The marks after a click on `key`; `order` are the keys as shown. */
export function mark(marks: Marks, key: string, how: MarkHow, order: readonly string[]): Marks {
    if (how === 'range' && marks.anchor !== null) {
        const [from, to] = [order.indexOf(marks.anchor), order.indexOf(key)].sort((a, b) => a - b) as [number, number];
        if (from >= 0) return { keys: new Set([...marks.keys, ...order.slice(from, to + 1)]), anchor: marks.anchor };
    }
    if (how === 'toggle') {
        const keys = new Set(marks.keys);
        if (!keys.delete(key)) keys.add(key);
        return { keys, anchor: key };
    }
    if (how === 'only' && marks.keys.size === 1 && marks.keys.has(key)) return NO_MARKS;
    return { keys: new Set([key]), anchor: key };
}
