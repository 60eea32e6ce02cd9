import { describe, expect, it } from 'vitest';
import { isNarrowed, NO_FILTERS, queryOf } from './filters.ts';

describe('what the server is asked', () => {
    it('is all that was named where nothing is filtered', () => {
        const query = Object.entries(queryOf(NO_FILTERS)).filter(([, value]) => value !== undefined);
        expect(query).toEqual([['kind', 'explicit']]);
    });

    it('has both days in it, from midnight to midnight where the person is', () => {
        const { from, to } = queryOf({ ...NO_FILTERS, from: '2026-02-27', to: '2026-02-28' });
        expect(from).toBe(new Date(2026, 1, 27).toISOString());
        expect(to).toBe(new Date(2026, 2, 1).toISOString());
    });

    it('leaves out what is no day', () => {
        expect(queryOf({ ...NO_FILTERS, from: 'yesterday', to: '' })).toMatchObject({ from: undefined, to: undefined });
    });

    it('tells a word without a name from any word', () => {
        expect(queryOf({ ...NO_FILTERS, by: '' }).by).toBe('');
        expect(queryOf(NO_FILTERS).by).toBeUndefined();
    });

    it('has no author and no day of what is probable, and no sureness of what was said', () => {
        const filters = { ...NO_FILTERS, by: 'ann', from: '2026-02-27', minScore: 0.5 };
        expect(queryOf({ ...filters, kind: 'probable' })).toMatchObject({
            by: undefined,
            from: undefined,
            min_score: 0.5,
        });
        expect(queryOf(filters)).toMatchObject({ by: 'ann', min_score: undefined });
    });
});

it('is narrowed by what counts only', () => {
    expect(isNarrowed(NO_FILTERS)).toBe(false);
    expect(isNarrowed({ ...NO_FILTERS, kind: 'negative' })).toBe(false);
    expect(isNarrowed({ ...NO_FILTERS, by: '' })).toBe(true);
    expect(isNarrowed({ ...NO_FILTERS, kind: 'probable', by: 'ann' })).toBe(false);
});
