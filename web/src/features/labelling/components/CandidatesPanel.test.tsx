import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { reportAnswer } from '@/api/connection.ts';
import { hitOf, labelOf } from '../testing.ts';
import { stepOf } from '@/testing/steps.ts';
import {
    candidatesOf,
    changeOf,
    examplesOf,
    fakeServer,
    LABELS,
    listOf,
    renderLabelling,
    type Routes,
} from '../testing-view.tsx';
import { CandidatesPanel } from './CandidatesPanel.tsx';
import { UndoRedo } from './UndoRedo.tsx';

const [a, b, c] = [hitOf(1, { confidence: 0.5 }), hitOf(2), hitOf(3)];
const UNKNOWN = { settled: false, precision: null, missing: null };
const asked = (...hits: (typeof a)[]) => ({ body: { ...UNKNOWN, candidates: hits } });

function serverWith(routes: Routes = {}) {
    return fakeServer({
        [LABELS]: listOf([labelOf('red car', { positives: 4 }), labelOf('bus')]),
        [candidatesOf('red car')]: asked(a, b, c),
        [examplesOf('red car')]: changeOf({ label: labelOf('red car'), step: stepOf('examples', { positive: 1 }) }),
        ...routes,
    });
}

const press = (key: string) => fireEvent.keyDown(document.body, { key });
const shown = () => screen.getByRole('button', { name: /: drag it into a column$/ }).querySelector('img')?.src ?? '';

it('asks which label it is about', async () => {
    serverWith();
    renderLabelling(<CandidatesPanel />);
    await userEvent.click(await screen.findByRole('button', { name: /^bus/ }));
    expect(screen.queryByText('Which label?')).not.toBeInTheDocument();
});

it('asks which of many labels, in the order of one’s choice', async () => {
    const many = Array.from({ length: 60 }, (_, at) =>
        labelOf(`part ${at + 1}a`, {
            explicit: at,
            updated_at: `2026-03-01T10:00:${String(59 - at).padStart(2, '0')}Z`,
        }),
    );
    serverWith({ [LABELS]: listOf(many), [candidatesOf('part 57a')]: asked(a) });
    renderLabelling(<CandidatesPanel />);
    const first = async () => (await screen.findAllByRole('button', { name: /^part/ }))[0]?.textContent;
    expect(await first()).toMatch(/^part 1a/);
    await userEvent.selectOptions(screen.getByRole('combobox', { name: 'Order of the labels' }), 'Most objects');
    expect(await first()).toMatch(/^part 60a/);
    await userEvent.type(screen.getByRole('searchbox', { name: 'Find a label by its name' }), '57');
    await userEvent.click(screen.getByRole('button', { name: /^part 57a/ }));
    expect(await screen.findByText(/^car at 0:05.000/)).toBeVisible();
});

it('shows the doubtful picture with how sure it is', async () => {
    serverWith();
    renderLabelling(<CandidatesPanel />, { label: 'red car' });
    expect(await screen.findByText(/^car at 0:05.000, 50 % sure/)).toBeVisible();
    expect(screen.getByText('4 pictures said to be it')).toBeVisible();
});

it('takes answers of one key each, and sends them together as one step', async () => {
    const server = serverWith();
    renderLabelling(<CandidatesPanel />, { label: 'red car' });
    await waitFor(() => expect(shown()).toContain(a.object));
    // In one go: what was answered is sent after a moment.
    press('y');
    expect(shown()).toContain(b.object);
    press('u');
    expect(shown()).toContain(c.object);
    press('n');
    expect(server.of(examplesOf('red car'))).toEqual([]);
    expect(await screen.findByText(/^2 answers about to be saved/)).toBeVisible();
    await waitFor(() => expect(server.of(examplesOf('red car'))).toHaveLength(1));
    expect(server.of(examplesOf('red car'))[0]?.body).toMatchObject({ positive: [a.object], negative: [c.object] });
});

it('takes the last answer back with undo while it was not sent', async () => {
    const server = serverWith();
    renderLabelling(
        <>
            <UndoRedo />
            <CandidatesPanel />
        </>,
        { label: 'red car' },
    );
    await waitFor(() => expect(shown()).toContain(a.object));
    press('n');
    await waitFor(() => expect(shown()).toContain(b.object));
    fireEvent.keyDown(document.body, { key: 'z', ctrlKey: true });
    await waitFor(() => expect(shown()).toContain(a.object));
    expect(screen.getByText('4 pictures said to be it')).toBeVisible();
    expect(server.of(examplesOf('red car'))).toEqual([]);
});

it('keeps answers that could not be saved, and sends them again', async () => {
    const failing = { status: 500, body: { detail: 'The disk is full.' } };
    const server = serverWith({ [examplesOf('red car')]: failing });
    renderLabelling(<CandidatesPanel />, { label: 'red car' });
    await waitFor(() => expect(shown()).toContain(a.object));
    press('y');
    const alert = await screen.findByRole('alert', {});
    expect(alert).toHaveTextContent('1 answer could not be saved: The disk is full.');
    server.routes[examplesOf('red car')] = changeOf({ label: labelOf('red car') });
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(screen.queryByRole('alert')).not.toBeInTheDocument());
    expect(server.of(examplesOf('red car')).map(sent => sent.body.positive)).toEqual([[a.object], [a.object]]);
});

it('sends answers by itself that nobody took, once the server answers again', async () => {
    const server = serverWith({ [examplesOf('red car')]: changeOf({ label: labelOf('red car') }) });
    renderLabelling(<CandidatesPanel />, { label: 'red car' });
    await waitFor(() => expect(shown()).toContain(a.object));
    const answering = globalThis.fetch;
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    press('y');
    expect(await screen.findByRole('alert', {}, { timeout: 10_000 })).toHaveTextContent(
        '1 answer could not be saved: The server does not answer.',
    );
    vi.stubGlobal('fetch', answering);
    act(reportAnswer);
    await waitFor(() => expect(server.of(examplesOf('red car'))).toHaveLength(1), { timeout: 10_000 });
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
});

it('sends them too where the server answered again before it was known that they were lost', async () => {
    const server = serverWith({ [examplesOf('red car')]: changeOf({ label: labelOf('red car') }) });
    renderLabelling(<CandidatesPanel />, { label: 'red car' });
    await waitFor(() => expect(shown()).toContain(a.object));
    const answering = globalThis.fetch;
    vi.stubGlobal('fetch', async (request: Request) => {
        if (!request.url.endsWith('/examples')) return answering(request);
        vi.stubGlobal('fetch', answering);
        // Whoever asks next is answered, at once.
        queueMicrotask(reportAnswer);
        throw new TypeError('Failed to fetch');
    });
    press('y');
    await waitFor(() => expect(server.of(examplesOf('red car'))).toHaveLength(1), { timeout: 10_000 });
    await waitFor(() => expect(screen.queryByRole('alert')).not.toBeInTheDocument());
});

it('shows the candidate in its video with one key', async () => {
    serverWith();
    const open = vi.fn();
    renderLabelling(<CandidatesPanel />, { label: 'red car', open });
    await waitFor(() => expect(shown()).toContain(a.object));
    press('Enter');
    expect(open).toHaveBeenCalledWith(expect.objectContaining({ object: a.object }));
});

it('says when nothing is left to ask', async () => {
    serverWith({ [candidatesOf('red car')]: { body: { ...UNKNOWN, candidates: [], settled: true } } });
    renderLabelling(<CandidatesPanel />, { label: 'red car' });
    expect(await screen.findByText('Nothing left to ask')).toBeVisible();
    expect(screen.getByText(/^Nothing else looks like what was said so far/)).toBeVisible();
});

it('says how good the label is, and that it is settled, while there is more to ask', async () => {
    const body = { candidates: [a], settled: true, precision: 0.97, missing: 12 };
    serverWith({ [candidatesOf('red car')]: { body } });
    renderLabelling(<CandidatesPanel />, { label: 'red car' });
    expect(
        await screen.findByText(
            'About 97 % of what carries this label is probably right; about 12 objects are probably not found yet.',
        ),
    ).toBeVisible();
    expect(screen.getByText(/^Settled, as far as \d+ pictures? tells?$/)).toBeVisible();
});

it('says nothing about a label of which too little was said', async () => {
    serverWith();
    renderLabelling(<CandidatesPanel />, { label: 'red car' });
    await waitFor(() => expect(shown()).toContain(a.object));
    expect(screen.queryByText(/of what carries this label|not found yet|left to be found|Settled/)).toBeNull();
});
