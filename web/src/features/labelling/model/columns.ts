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
    /** What was named from these columns, newest last: undoing it brings the pictures back. */
    readonly submitted: readonly Submission[];
}

export interface Submission {
    /** Id of the step that undo takes back. */
    step: number;
    name: string;
    positive: readonly Picture[];
    negative: readonly Picture[];
}

export type ColumnsAction =
    | { type: 'add'; column: Column; pictures: readonly Picture[] }
    /** Taken out of whichever column, or of the suggestions. */
    | { type: 'take-out'; pictures: readonly Picture[] }
    | { type: 'name'; draft: string | null }
    /** Stored by the server: the columns are empty for a second round of the same label. Step null: it was so already. */
    | { type: 'submitted'; step: number | null; name: string; objects: readonly string[] }
    /** A step was taken back, or done again: of what was named from these columns, the pictures come and go with it. */
    | { type: 'undone' | 'redone'; step: number }
    | { type: 'clear' }
    /** As they were before they were cleared. */
    | { type: 'restore'; columns: Columns };

export const NO_COLUMNS: Columns = { positive: [], negative: [], rejected: [], draft: null, submitted: [] };

// Farther back nobody remembers what was in the columns.
const SUBMITTED_MOST = 20;

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

function submit(columns: Columns, step: number | null, name: string, sent: readonly string[]): Columns {
    // What was added while the request was under way stays.
    const objects = new Set(sent);
    const gone = (pictures: readonly Picture[]) => pictures.filter(picture => objects.has(picture.object));
    const submission =
        step === null ? [] : [{ step, name, positive: gone(columns.positive), negative: gone(columns.negative) }];
    return {
        ...columns,
        positive: without(columns.positive, objects),
        negative: without(columns.negative, objects),
        draft: null,
        submitted: [...columns.submitted, ...submission].slice(-SUBMITTED_MOST),
    };
}

/** The pictures are back in front of what has come since; who moved one to the other side meanwhile meant it. */
function bringBack(columns: Columns, { name, positive, negative }: Submission): Columns {
    const now = new Set([...columns.positive, ...columns.negative].map(picture => picture.object));
    return {
        ...columns,
        positive: [...without(positive, now), ...columns.positive],
        negative: [...without(negative, now), ...columns.negative],
        draft: columns.draft ?? (now.size === 0 ? name : null),
    };
}

function takeAgain(columns: Columns, { positive, negative }: Submission): Columns {
    const objects = new Set([...positive, ...negative].map(picture => picture.object));
    return {
        ...columns,
        positive: without(columns.positive, objects),
        negative: without(columns.negative, objects),
        draft: null,
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
        case 'submitted':
            return submit(columns, action.step, action.name, action.objects);
        case 'undone':
        case 'redone': {
            const submission = columns.submitted.find(({ step }) => step === action.step);
            if (submission === undefined) return columns;
            return action.type === 'undone' ? bringBack(columns, submission) : takeAgain(columns, submission);
        }
        case 'clear':
            return columns.submitted.length === 0 ? NO_COLUMNS : { ...NO_COLUMNS, submitted: columns.submitted };
        case 'restore':
            return { ...action.columns, submitted: columns.submitted };
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

function isSubmission(value: unknown): value is Submission {
    if (typeof value !== 'object' || value === null) return false;
    const { step, name, positive, negative } = value as Partial<Record<keyof Submission, unknown>>;
    const pictures = (list: unknown) => Array.isArray(list) && list.every(isPicture);
    return typeof step === 'number' && typeof name === 'string' && pictures(positive) && pictures(negative);
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
            submitted: list(value?.submitted).filter(isSubmission),
        };
    } catch {
        return NO_COLUMNS;
    }
}
