import { describe, expect, it } from 'vitest';
import { pictureOf } from '../testing.ts';
import {
    columnsReducer,
    isEmpty,
    NO_COLUMNS,
    parseColumns,
    statementOf,
    suggestedNow,
    type Columns,
    type ColumnsAction,
} from './columns.ts';

const [a, b, c] = [pictureOf(1), pictureOf(2), pictureOf(3)];

function after(...actions: ColumnsAction[]): Columns {
    return actions.reduce(columnsReducer, NO_COLUMNS);
}

const yes = (...pictures: (typeof a)[]): ColumnsAction => ({ type: 'add', column: 'positive', pictures });
const no = (...pictures: (typeof a)[]): ColumnsAction => ({ type: 'add', column: 'negative', pictures });

describe('putting pictures into the columns', () => {
    it('keeps them in the order they came, each once', () => {
        expect(after(yes(b), yes(a, b, a)).positive).toEqual([b, a]);
    });

    it('moves a picture that is in the other column', () => {
        const columns = after(yes(a, b), no(a));
        expect(columns.positive).toEqual([b]);
        expect(columns.negative).toEqual([a]);
        expect(after(yes(a, b), no(a), yes(a))).toMatchObject({ positive: [b, a], negative: [] });
    });

    it('changes nothing when nothing comes', () => {
        const columns = after(yes(a));
        expect(columnsReducer(columns, yes())).toBe(columns);
        expect(columnsReducer(columns, yes(a)).positive).toBe(columns.positive);
    });

    it('forgets that a picture was thrown out when it is put into Yes after all', () => {
        expect(after({ type: 'take-out', pictures: [a] }).rejected).toEqual([a.object]);
        expect(after({ type: 'take-out', pictures: [a] }, yes(a)).rejected).toEqual([]);
    });
});

it('takes a picture out of whichever column it is in', () => {
    const columns = after(yes(a), no(b), { type: 'take-out', pictures: [a, b] });
    expect(isEmpty(columns)).toBe(true);
    expect(new Set(columns.rejected)).toEqual(new Set([a.object, b.object]));
});

describe('after submitting', () => {
    it('keeps what was added while the request was under way', () => {
        const columns = after(yes(a), { type: 'name', draft: 'red car' }, yes(c), {
            type: 'submitted',
            step: 1,
            name: 'red car',
            objects: [a.object],
        });
        expect(columns).toMatchObject({ positive: [c], draft: null });
    });

    it('begins anew when the columns are cleared', () => {
        expect(after(yes(a), no(b), { type: 'name', draft: 'x' }, { type: 'clear' })).toBe(NO_COLUMNS);
    });

    it('are what they were when clearing is taken back', () => {
        const columns = after(yes(a), no(b), { type: 'take-out', pictures: [c] }, { type: 'name', draft: 'x' });
        const cleared = columnsReducer(columns, { type: 'clear' });
        expect(columnsReducer(cleared, { type: 'restore', columns })).toEqual(columns);
    });
});

describe('undoing what was named from the columns', () => {
    const named: ColumnsAction[] = [
        yes(a),
        no(b),
        { type: 'name', draft: 'red car' },
        { type: 'submitted', step: 7, name: 'red car', objects: [a.object, b.object, c.object] },
    ];

    it('brings the pictures back to where they were, with their name', () => {
        const columns = after(...named, { type: 'undone', step: 7 });
        expect(columns).toMatchObject({ positive: [a], negative: [b], draft: 'red car' });
    });

    it('leaves what has come since in its place', () => {
        const columns = after(...named, yes(b, c), { type: 'undone', step: 7 });
        expect(columns).toMatchObject({ positive: [a, b, c], negative: [], draft: null });
    });

    it('takes them away again when it is done again', () => {
        const columns = after(...named, { type: 'undone', step: 7 }, yes(c), { type: 'redone', step: 7 });
        expect(columns).toMatchObject({ positive: [c], negative: [], draft: null });
    });

    it('works after the columns were cleared, and after a reload', () => {
        const kept = parseColumns(JSON.stringify(after(...named, yes(c), { type: 'clear' })));
        expect(columnsReducer(kept, { type: 'undone', step: 7 })).toMatchObject({ positive: [a], negative: [b] });
    });

    it('has nothing to bring back of what was so already', () => {
        const same = { type: 'submitted', step: null, name: 'red car', objects: [c.object] } as const;
        const columns = after(...named, yes(c), same);
        expect(columns).toMatchObject({ positive: [], draft: null });
        expect(columnsReducer(columns, { type: 'undone', step: 7 })).toMatchObject({ positive: [a], negative: [b] });
    });

    it('changes nothing for a step that was not made here', () => {
        const columns = after(...named);
        expect(columnsReducer(columns, { type: 'undone', step: 6 })).toBe(columns);
    });
});

describe('suggestions', () => {
    it('leave out what is in the columns, and what was thrown out', () => {
        const columns = after(yes(a), no(b), { type: 'take-out', pictures: [c] });
        const d = pictureOf(4);
        expect(suggestedNow(columns, [a, b, c, d])).toEqual([d]);
    });

    it('leave out the tracks of what is in the columns or was thrown out', () => {
        const [one, two, three] = ['v-t1', 'v-t2', 'v-t3'];
        const columns = after(yes(pictureOf(1, { track: one })), {
            type: 'take-out',
            pictures: [pictureOf(2, { track: two })],
        });
        const hits = [pictureOf(5, { track: one }), pictureOf(6, { track: two }), pictureOf(7, { track: three })];
        expect(suggestedNow(columns, hits)).toEqual([hits[2]]);
    });

    it('are not cut short by pictures without a track', () => {
        expect(suggestedNow(after(yes(a)), [b, c])).toEqual([b, c]);
    });
});

describe('what is sent', () => {
    it('has each object once, own ones and suggested ones', () => {
        expect(statementOf(after(yes(a), no(b)), [a, c])).toEqual({
            positive: [a.object, c.object],
            negative: [b.object],
        });
    });

    it('has no object in both, and then it is a no', () => {
        expect(statementOf(after(yes(a), no(b)), [b])).toEqual({ positive: [a.object], negative: [b.object] });
    });
});

describe('columns in the storage of the browser', () => {
    it('come back as they were', () => {
        const columns = after(yes(a), no(b), { type: 'take-out', pictures: [c] }, { type: 'name', draft: 'red car' });
        expect(parseColumns(JSON.stringify(columns))).toEqual(columns);
    });

    it('are empty where there are none, or something else', () => {
        for (const text of [null, '', 'null', '17', '{', '[]', '{"positive":3}'])
            expect(parseColumns(text), String(text)).toEqual(NO_COLUMNS);
    });

    it('lose what is no picture, and keep the rest', () => {
        const stored = { positive: [{ object: 1 }, a, null], negative: 'no', rejected: ['x', 2], draft: 7 };
        expect(parseColumns(JSON.stringify(stored))).toEqual({
            positive: [a],
            negative: [],
            rejected: ['x'],
            draft: null,
            submitted: [],
        });
    });
});
