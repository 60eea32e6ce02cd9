import { expect, it } from 'vitest';
import { meantOffer, nextOffer, OFFERED_MOST, offersFor, projectOffers, type Known } from './offers.ts';

const known: Known = {
    labels: [
        { name: 'taxi', explicit: 2, probable: 0, updated_at: '2026-03-02T10:00:00Z' },
        { name: 'Carla’s bike', explicit: 30, probable: 4, updated_at: '2026-03-01T10:00:00Z' },
    ],
    classes: [
        { name: 'person', objects: 90 },
        { name: 'car', objects: 40 },
        { name: 'traffic light', objects: 8 },
    ],
    order: 'count',
    text: false,
};
const names = (typed: string, more: Partial<Known> = {}) =>
    offersFor(typed, { ...known, ...more }).map(({ kind, name }) => `${kind} ${name}`);

it('offers everything before one types, labels in the order that one has chosen for lists of them', () => {
    expect(names('')).toEqual(['label Carla’s bike', 'label taxi', 'class person', 'class car', 'class traffic light']);
    expect(names('', { order: 'recent', classes: [] })).toEqual(['label taxi', 'label Carla’s bike']);
});

it('offers what fits: names that begin so, then words that do, then the rest', () => {
    expect(names('CAR')).toEqual(['label Carla’s bike', 'class car']);
    expect(names('li')).toEqual(['class traffic light']);
    expect(names('r', { labels: [] })).toEqual(['class person', 'class car', 'class traffic light']);
    expect(
        names('car', {
            classes: [
                { name: 'car wash', objects: 9 },
                { name: 'car', objects: 1 },
            ],
        }),
    ).toEqual(['label Carla’s bike', 'class car', 'class car wash']);
    expect(names('zebra')).toEqual([]);
});

it('offers words only where the server takes them', () => {
    expect(names(' red zebra ', { text: true })).toEqual(['text red zebra']);
    expect(names('  ', { text: true })).not.toContain('text ');
});

it('offers no more than a list has room for', () => {
    const classes = Array.from({ length: 80 }, (_, at) => ({ name: `class ${at}`, objects: 1 }));
    expect(names('', { labels: [], classes })).toHaveLength(OFFERED_MOST);
});

it('offers projects that are not being deleted', () => {
    const projects = [
        { name: 'street', objects: 3, deleting: false },
        { name: 'old-street', objects: 3, deleting: true },
        { name: 'the-street', objects: 3, deleting: false },
    ];
    expect(projectOffers('str', projects).map(({ name }) => name)).toEqual(['street', 'the-street']);
});

it('takes what is typed for what is called so, or else for the first', () => {
    expect(meantOffer('Car', offersFor('Car', known))).toBe(1);
    expect(meantOffer('ca', offersFor('ca', known))).toBe(0);
    expect(meantOffer(' ', offersFor(' ', known))).toBeNull();
    expect(meantOffer('zebra', [])).toBeNull();
});

it('goes around by way of the field', () => {
    expect(nextOffer(null, 1, 3)).toBe(0);
    expect(nextOffer(2, 1, 3)).toBeNull();
    expect(nextOffer(null, -1, 3)).toBe(2);
    expect(nextOffer(0, -1, 3)).toBeNull();
    expect(nextOffer(null, 1, 0)).toBeNull();
});
