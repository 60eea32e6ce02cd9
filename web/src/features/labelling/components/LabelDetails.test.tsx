import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { hitOf, labelOf } from '../testing.ts';
import { fakeServer, LABELS, listOf, renderLabelling } from '../testing-view.tsx';
import { LabelDetails } from './LabelDetails.tsx';

const OBJECTS = 'GET /api/v1/projects/demo/labels/red%20car/objects';

function renderLabel(positives: number, explicit: number) {
    const label = labelOf('red car', { positives, explicit });
    const hits = Array.from({ length: positives }, (_, at) => hitOf(at + 1));
    fakeServer({ [LABELS]: listOf([label]), [OBJECTS]: { body: { hits, more: false } } });
    renderLabelling(<LabelDetails label={label} onBack={() => undefined} />, { label: 'red car' });
}

it('counts the pictures that it lists, and says how far their tracks carry the label', async () => {
    renderLabel(3, 11);
    expect(await screen.findByRole('group', { name: 'Objects of red car' })).toBeVisible();
    expect(document.querySelectorAll('[data-object]')).toHaveLength(3);
    expect(screen.getByRole('button', { name: /^Named/ })).toHaveTextContent('Named3');
    expect(screen.getByText(/these are 11 objects that carry the label/)).toBeVisible();
});

it('says nothing more where each picture stands for itself', async () => {
    renderLabel(2, 2);
    expect(await screen.findByRole('group', { name: 'Objects of red car' })).toBeVisible();
    expect(screen.getByRole('button', { name: /^Named/ })).toHaveTextContent('Named2');
    expect(screen.queryByText(/Followed from frame to frame/)).toBeNull();
});
