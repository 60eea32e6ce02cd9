import { expect, it } from 'vitest';
import { orderedLabels } from './label-order.ts';

const labels = [
    { name: 'box 10', explicit: 4, updated_at: '2026-03-01T10:00:00Z' },
    { name: 'Box 9', explicit: 4, updated_at: '2026-03-01T10:00:00Z' },
    { name: 'crate', explicit: 9, updated_at: '2026-02-01T10:00:00Z' },
    { name: 'álbum', explicit: 1, updated_at: '2026-03-02T09:00:00.5Z' },
];
const names = (order: Parameters<typeof orderedLabels>[1]) => orderedLabels(labels, order).map(({ name }) => name);

it('lists what was used last first, and what was used at once by its name', () => {
    expect(names('recent')).toEqual(['álbum', 'Box 9', 'box 10', 'crate']);
});

it('lists by name as people count', () => {
    expect(names('name')).toEqual(['álbum', 'Box 9', 'box 10', 'crate']);
});

it('lists what is carried most first', () => {
    expect(names('count')).toEqual(['crate', 'Box 9', 'box 10', 'álbum']);
});
