import { expect, it } from 'vitest';
import { hitFixture, hitsFixture } from '../testing.ts';
import { firstPlace, isCutOff, OFFSET_MOST, placeAfter, sectionsOf, type Page } from './pages.ts';

const page = (list: Page['place']['list'], offset: number, facts: Partial<Page> = {}): Page => {
    const hits = facts.hits ?? hitsFixture(2);
    return { place: { list, offset }, passed: hits.length, more: false, ...facts, hits };
};

it('begins with what carries the label, or with what was found', () => {
    expect(firstPlace('label')).toEqual({ list: 'explicit', offset: 0 });
    expect(firstPlace('like')).toEqual({ list: 'found', offset: 0 });
});

it('goes on by what the server passed over, not by what is shown of it', () => {
    expect(placeAfter(page('found', 60, { more: true }))).toEqual({ list: 'found', offset: 62 });
    expect(placeAfter(page('explicit', 0, { more: true, hits: [], passed: 200 }))).toEqual({
        list: 'explicit',
        offset: 200,
    });
});

it('goes from the label’s own to its probable ones, and ends there', () => {
    expect(placeAfter(page('explicit', 60))).toEqual({ list: 'probable', offset: 0 });
    expect(placeAfter(page('probable', 60))).toBeUndefined();
    expect(placeAfter(page('found', 60))).toBeUndefined();
});

it('ends where an answer promises more and gives nothing', () => {
    expect(placeAfter(page('found', 60, { more: true, hits: [] }))).toBeUndefined();
});

it('ends where the server goes no further, and says so', () => {
    const last = page('found', OFFSET_MOST, { more: true });
    expect(placeAfter(last)).toBeUndefined();
    expect(isCutOff([last])).toBe(true);
    expect(isCutOff([page('found', OFFSET_MOST - 2, { more: true })])).toBe(false);
    expect(isCutOff([page('found', 0)])).toBe(false);
    expect(isCutOff([])).toBe(false);
    expect(placeAfter(page('explicit', OFFSET_MOST, { more: true }))).toBeDefined();
});

it('shows what comes twice once, in the section it came in first', () => {
    const hits = ['a', 'b'].map(object => hitFixture(object));
    const sections = sectionsOf([
        page('explicit', 0, { hits }),
        page('explicit', 2, { hits: [hits[1]!, hitFixture('c')] }),
        page('probable', 0, { hits: [hits[0]!, hitFixture('d')] }),
    ]);
    expect(sections.map(({ key, hits: own }) => [key, own.map(hit => hit.object).join()])).toEqual([
        ['explicit', 'a,b,c'],
        ['probable', 'd'],
    ]);
});
