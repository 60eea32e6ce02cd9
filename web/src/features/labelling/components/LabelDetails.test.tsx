import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { hitOf, labelOf } from '../testing.ts';
import { fakeServer, fetchAgain, LABELS, listOf, renderLabelling } from '../testing-view.tsx';
import { LabelDetails } from './LabelDetails.tsx';

const OBJECTS = 'GET /api/v1/projects/demo/labels/red%20car/objects';

function renderLabel(positives: number, explicit: number) {
    const label = labelOf('red car', { positives, explicit });
    const hits = Array.from({ length: positives }, (_, at) => hitOf(at + 1));
    const server = fakeServer({ [LABELS]: listOf([label]), [OBJECTS]: { body: { hits, more: false } } });
    const { queries } = renderLabelling(<LabelDetails label={label} onBack={() => undefined} />, { label: 'red car' });
    return { server, queries };
}

const pictures = () => document.querySelectorAll('[data-object]');

it('counts the pictures that it lists, and says how far their tracks carry the label', async () => {
    renderLabel(3, 11);
    expect(await screen.findByRole('group', { name: 'Objects of red car' })).toBeVisible();
    expect(pictures()).toHaveLength(3);
    expect(screen.getByRole('button', { name: /^Named/ })).toHaveTextContent('Named3');
    expect(screen.getByText(/these are 11 objects that carry the label/)).toBeVisible();
});

it('says nothing more where each picture stands for itself', async () => {
    renderLabel(2, 2);
    expect(await screen.findByRole('group', { name: 'Objects of red car' })).toBeVisible();
    expect(screen.getByRole('button', { name: /^Named/ })).toHaveTextContent('Named2');
    expect(screen.queryByText(/Followed from frame to frame/)).toBeNull();
});

it('keeps its pictures on the screen while the server is away', async () => {
    const { server, queries } = renderLabel(3, 3);
    await screen.findByRole('group', { name: 'Objects of red car' });
    server.routes[OBJECTS] = { status: 503, body: { detail: 'The store is away.' } };
    await fetchAgain(queries, ['labels', 'demo', 'red car']);
    expect(server.of(OBJECTS)).toHaveLength(2);
    expect(pictures()).toHaveLength(3);
    expect(screen.queryByText('The objects could not be loaded')).toBeNull();
});

it('says under its pictures that the next ones did not come, and asks for them again', async () => {
    const label = labelOf('red car', { positives: 3, explicit: 3 });
    const answers = [
        { body: { hits: [hitOf(1), hitOf(2)], more: true } },
        { status: 503, body: { detail: 'The store is away.' } },
        { body: { hits: [hitOf(3)], more: false } },
    ];
    fakeServer({ [LABELS]: listOf([label]), [OBJECTS]: () => answers.shift()! });
    renderLabelling(<LabelDetails label={label} onBack={() => undefined} />, { label: 'red car' });
    await screen.findByText(/The next ones could not be loaded/);
    expect(pictures()).toHaveLength(2);
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(pictures()).toHaveLength(3));
    expect(screen.queryByText(/could not be loaded/)).toBeNull();
});
