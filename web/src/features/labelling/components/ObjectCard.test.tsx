import { act, cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import type { Schema } from '@/api/client.ts';
import { reportAnswer } from '@/api/connection.ts';
import { ToastRegion } from '@/components/ToastRegion.tsx';
import { stepOf } from '@/testing/steps.ts';
import { detailsOf, hitOf, labelOf } from '../testing.ts';
import {
    assertionOf,
    changeOf,
    examplesOf,
    fakeServer,
    fetchAgain,
    LABELS,
    listOf,
    renderLabelling,
    type Routes,
} from '../testing-view.tsx';
import type { Panel } from '../hooks/useLabelling.ts';
import { ObjectCard } from './ObjectCard.tsx';

const TRACK = '0123456789abcdef-t1';
const seen = detailsOf(1, { track: TRACK });
const OBJECT = `GET /api/v1/objects/${seen.id}`;
const SAID = 'GET /api/v1/projects/demo/assertions';

const refused = (object: Schema<'ObjectDetails'>) => ({ ...object, class_refused: true as const });
const press = (key: string) => fireEvent.keyDown(document.body, { key });

function renderCard(routes: Routes, panel?: Panel) {
    const server = fakeServer({ [LABELS]: listOf([]), [OBJECT]: { body: seen }, ...routes });
    const { queries } = renderLabelling(
        <>
            <ObjectCard />
            <ToastRegion />
        </>,
        { selected: seen.id, panel },
    );
    return { ...server, queries };
}

it('refuses what the detector says with one key, and shows it before the server has answered', async () => {
    const server = renderCard({
        [examplesOf('car')]: () => {
            server.routes[OBJECT] = { body: refused(seen) };
            return changeOf({ label: labelOf('car', { positives: 0 }), step: stepOf('examples', { negative: 1 }) });
        },
    });
    await screen.findByRole('button', { name: /^Not a car/ });
    press('c');
    expect(await screen.findByText('not car')).toBeVisible();
    expect(await screen.findByRole('button', { name: /^It is a car/ })).toBeVisible();
    await waitFor(() => expect(server.of(examplesOf('car'))).toHaveLength(1));
    expect(server.of(examplesOf('car'))[0]?.body).toMatchObject({ positive: [], negative: [seen.id] });
});

it('names the label as it is written where there is one that is called like the class', async () => {
    const server = renderCard({
        [LABELS]: listOf([labelOf('Car')]),
        [examplesOf('Car')]: changeOf(),
    });
    await userEvent.click(await screen.findByRole('button', { name: /^Not a car/ }));
    await waitFor(() => expect(server.of(examplesOf('Car'))).toHaveLength(1));
});

it('takes the refusal back where it was said: of this object, or of others of its track', async () => {
    const [same, elsewhere] = [hitOf(2, { track: TRACK }), hitOf(3, { track: '0123456789abcdef-t2' })];
    const negative = (hit: Schema<'Hit'>) => assertionOf(hit, { label: 'car', kind: 'negative' });
    const server = renderCard({
        [OBJECT]: { body: refused(seen) },
        [SAID]: { body: { assertions: [same, elsewhere].map(negative), next_cursor: null } },
        [examplesOf('car')]: () => {
            server.routes[OBJECT] = { body: seen };
            return changeOf();
        },
    });
    await userEvent.click(await screen.findByRole('button', { name: /^It is a car/ }));
    expect(await screen.findByRole('button', { name: /^Not a car/ })).toBeVisible();
    expect(server.of(examplesOf('car'))[0]?.body).toMatchObject({ positive: [], negative: [], clear: [same.object] });
});

it('says what the server says when it cannot be refused, and shows it as it was', async () => {
    renderCard({ [examplesOf('car')]: { status: 503, body: { detail: 'The store is away.' } } });
    await userEvent.click(await screen.findByRole('button', { name: /^Not a car/ }));
    expect(await screen.findByText('The store is away.')).toBeVisible();
    expect(await screen.findByRole('button', { name: /^Not a car/ })).toBeVisible();
});

it('stays on the screen while the server is away, and goes when the object is gone', async () => {
    const server = renderCard({});
    await screen.findByRole('button', { name: /^Not a car/ });
    server.routes[OBJECT] = { status: 503, body: { detail: 'The store is away.' } };
    await fetchAgain(server.queries, ['object', seen.id]);
    expect(screen.getByRole('button', { name: /^Not a car/ })).toBeVisible();
    server.routes[OBJECT] = { status: 404, body: { detail: 'There is no such object.' } };
    await fetchAgain(server.queries, ['object', seen.id]);
    expect(await screen.findByText('There is no such object')).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
});

it('tells the keys of its buttons, but for those that answer what is asked beside it', async () => {
    const label = { name: 'red car', kind: 'probable' as const, score: 0.8 };
    const keys = () => screen.getAllByRole('button').map(button => button.querySelector('kbd')?.textContent);
    renderCard({ [OBJECT]: { body: { ...seen, label } } });
    await screen.findByRole('button', { name: /^Accept/ });
    expect(keys()).toEqual(expect.arrayContaining(['Y', 'X', 'P', 'N', 'C']));
    cleanup();
    renderCard({ [OBJECT]: { body: { ...seen, label } } }, 'candidates');
    await screen.findByRole('button', { name: /^Accept/ });
    expect(keys()).toEqual(expect.arrayContaining(['P', 'C']));
    for (const key of ['Y', 'X', 'N']) expect(keys()).not.toContain(key);
});

it('shows no label that could not be stored, also where nobody can be asked for the right one', async () => {
    const server = renderCard({});
    const field = await screen.findByRole('combobox', { name: 'Name this object' });
    const away = { status: 503, body: { detail: 'The store is away.' } };
    Object.assign(server.routes, { [examplesOf('van')]: away, [OBJECT]: away, [LABELS]: away });
    fireEvent.change(field, { target: { value: 'van' } });
    fireEvent.submit(field);
    expect(await screen.findByText('The store is away.')).toBeVisible();
    expect(screen.getByText('No label yet')).toBeVisible();
});

it('does not go on saying that the server is silent once it answers again', async () => {
    renderCard({});
    const field = await screen.findByRole('combobox', { name: 'Name this object' });
    const answering = globalThis.fetch;
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    fireEvent.change(field, { target: { value: 'van' } });
    fireEvent.submit(field);
    expect(await screen.findByText(/^The server does not answer\./)).toBeVisible();
    vi.stubGlobal('fetch', answering);
    act(reportAnswer);
    expect(await screen.findByText('The server did not answer. It does now: try again.')).toBeVisible();
    expect(field).toHaveValue('van');
});

it.each([
    [404, undefined],
    [400, 'object'],
])('says of an object that is not there (%j) that it is not, and leads back', async (status, field) => {
    renderCard({ [OBJECT]: { status, body: { detail: 'The video has no frame 9999.', field } } });
    expect(await screen.findByText('There is no such object')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Back to the video' })).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
});
