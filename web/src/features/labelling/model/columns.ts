// The two columns a label is made of: what a person put into "yes" and "no", and what they threw out of the suggestions.
//
// Suggestions themselves are no part of this state: they are the server's answer to it (suggestedNow() leaves out what
// the columns have already), so they cannot contradict it.
import type { Picture } from './picture.ts';

export type Column = 'positive' | 'negative';

export interface Columns {
    readonly positive: readonly Picture[];
    readonly negative: readonly Picture[];
    /** Objects and tracks that were taken or thrown out: they are not suggested again until the columns are cleared. */
    readonly rejected: readonly string[];
    /** What is typed as the name; null: the name of the label in the address. */
    readonly draft: string | null;
}

export type ColumnsAction =
    | { type: 'add'; column: Column; pictures: readonly Picture[] }
    /** Taken out of whichever column, or of the suggestions. */
    | { type: 'take-out'; pictures: readonly Picture[] }
    | { type: 'name'; draft: string | null }
    /** Stored by the server: the columns are empty for a second round of the same label. */
    | { type: 'submitted'; objects: readonly string[] }
    | { type: 'clear' };

export const NO_COLUMNS: Columns = { positive: [], negative: [], rejected: [], draft: null };

function rejectionsOf(pictures: readonly Picture[]): Set<string> {
    return new Set(pictures.flatMap(({ object, track }) => (track === null ? [object] : [object, track])));
}

function without(pictures: readonly Picture[], objects: ReadonlySet<string>): readonly Picture[] {
    const left = pictures.filter(picture => !objects.has(picture.object));
    return left.length === pictures.length ? pictures : left;
}

function add(columns: Columns, column: Column, pictures: readonly Picture[]): Columns {
    const other = column === 'positive' ? 'negative' : 'positive';
    const moved = new Set(pictures.map(picture => picture.object));
    const there = new Set(columns[column].map(picture => picture.object));
    const fresh = [...new Map(pictures.map(picture => [picture.object, picture])).values()].filter(
        picture => !there.has(picture.object),
    );
    const marks = rejectionsOf(pictures);
    const rejected =
        column === 'positive'
            ? columns.rejected.filter(id => !marks.has(id))
            : [...new Set([...columns.rejected, ...marks])];
    return {
        ...columns,
        rejected,
        [other]: without(columns[other], moved),
        [column]: fresh.length === 0 ? columns[column] : [...columns[column], ...fresh],
    };
}

export function columnsReducer(columns: Columns, action: ColumnsAction): Columns {
    switch (action.type) {
        case 'add':
            return action.pictures.length === 0 ? columns : add(columns, action.column, action.pictures);
        case 'take-out': {
            const objects = new Set(action.pictures.map(picture => picture.object));
            return {
                ...columns,
                positive: without(columns.positive, objects),
                negative: without(columns.negative, objects),
                rejected: [...new Set([...columns.rejected, ...rejectionsOf(action.pictures)])],
            };
        }
        case 'name':
            return { ...columns, draft: action.draft };
        case 'submitted': {
            // What was added while the request was under way stays.
            const objects = new Set(action.objects);
            return {
                ...columns,
                positive: without(columns.positive, objects),
                negative: without(columns.negative, objects),
                draft: null,
            };
        }
        case 'clear':
            return NO_COLUMNS;
    }
}

/** The server's suggestions without what is in the columns, thrown out, or of a track that was. */
export function suggestedNow(columns: Columns, suggestions: readonly Picture[]): Picture[] {
    const known = new Set([
        ...columns.rejected,
        ...columns.positive.map(picture => picture.object),
        ...columns.negative.map(picture => picture.object),
    ]);
    // A track that is in the column already needs no second picture.
    const tracks = new Set([...columns.positive, ...columns.negative].map(picture => picture.track));
    return suggestions.filter(
        ({ object, track }) => !known.has(object) && (track === null || (!known.has(track) && !tracks.has(track))),
    );
}

export interface Statement {
    positive: string[];
    negative: string[];
}

/** What is sent: each object once, a no before a yes. */
export function statementOf(columns: Columns, suggested: readonly Picture[]): Statement {
    const negative = new Set(columns.negative.map(picture => picture.object));
    const positive = new Set(
        [...columns.positive, ...suggested].map(picture => picture.object).filter(object => !negative.has(object)),
    );
    return { positive: [...positive], negative: [...negative] };
}

export function isEmpty(columns: Columns): boolean {
    return columns.positive.length === 0 && columns.negative.length === 0;
}

function isPicture(value: unknown): value is Picture {
    if (typeof value !== 'object' || value === null) return false;
    const { object, video, pts_us: pts, box } = value as Partial<Record<keyof Picture, unknown>>;
    return typeof object === 'string' && typeof video === 'string' && typeof pts === 'number' && Array.isArray(box);
}

/** Columns as they were written into the session's storage; anything else gives empty ones. */
export function parseColumns(text: string | null): Columns {
    if (text === null) return NO_COLUMNS;
    try {
        const value = JSON.parse(text) as Partial<Record<keyof Columns, unknown>> | null;
        const list = (entry: unknown) => (Array.isArray(entry) ? (entry as unknown[]) : []);
        return {
            positive: list(value?.positive).filter(isPicture),
            negative: list(value?.negative).filter(isPicture),
            rejected: list(value?.rejected).filter(id => typeof id === 'string'),
            draft: typeof value?.draft === 'string' ? value.draft : null,
        };
    } catch {
        return NO_COLUMNS;
    }
}
