import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { reportAnswer } from '@/api/connection.ts';
import { ToastRegion } from '@/components/ToastRegion.tsx';
import { correctionOf, labelOf, pictureOf } from '../testing.ts';
import { stepOf } from '@/testing/steps.ts';
import {
    changeOf,
    CORRECTIONS,
    correctionsOf,
    fakeServer,
    LABELS,
    listOf,
    REDO,
    renderLabelling,
    shownIn,
    UNDO,
    UNDO_CORRECTION,
} from '../testing-view.tsx';
import { ColumnsDock } from './ColumnsDock.tsx';
import { UndoRedo } from './UndoRedo.tsx';

const first = stepOf('examples', { id: 1, positive: 2 });
const second = stepOf('examples', { id: 2, negative: 1 });

function renderWithToasts() {
    renderLabelling(
        <>
            <UndoRedo />
            <ToastRegion />
        </>,
    );
}

it('is there when there is nothing to undo, and does nothing', async () => {
    const server = fakeServer({ [LABELS]: listOf([]) });
    renderLabelling(<UndoRedo />);
    await userEvent.click(screen.getByRole('button', { name: 'Nothing to undo' }));
    await userEvent.click(screen.getByRole('button', { name: 'Nothing to redo' }));
    fireEvent.keyDown(document.body, { key: 'z', ctrlKey: true });
    expect(server.of(UNDO)).toEqual([]);
    expect(server.of(REDO)).toEqual([]);
});

it('says what was done last, and what has just been undone', async () => {
    const server = fakeServer({
        [LABELS]: listOf([labelOf('red car')], { undo: second }),
        [UNDO]: () => {
            server.routes[LABELS] = listOf([labelOf('red car')], { version: 8, undo: first, redo: second });
            return changeOf({ step: stepOf('undo'), undo: first, redo: second });
        },
    });
    renderWithToasts();
    expect(await screen.findByText('Last: said that 1 object is not “red car”')).toBeVisible();
    fireEvent.keyDown(document.body, { key: 'z', ctrlKey: true });
    expect(await screen.findByText('Undone: said that 1 object is not “red car”.')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Undo: named 2 objects “red car”' })).toBeVisible();
    expect(screen.getByRole('button', { name: 'Redo: said that 1 object is not “red car”' })).toBeVisible();
});

it('says whose step it is that undo would take back', async () => {
    fakeServer({
        [LABELS]: listOf([labelOf('red car')], {
            undo: { ...second, by: 'Bob' },
            redo: stepOf('delete', { id: 3, by: 'Ann' }),
        }),
    });
    renderWithToasts();
    expect(await screen.findByText('Last: said that 1 object is not “red car” (Bob)')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Redo: removed the label “red car” (Ann)' })).toBeVisible();
});

it('undoes two steps for two quick presses, the second based on what the first has left', async () => {
    const versions: unknown[] = [];
    const server = fakeServer({
        [LABELS]: listOf([labelOf('red car')], { undo: second }),
        [UNDO]: ({ body }) => {
            versions.push(body);
            const [version, undo] = versions.length === 1 ? [8, first] : [9, null];
            server.routes[LABELS] = listOf([], { version, undo });
            return changeOf({ version, undo });
        },
    });
    renderWithToasts();
    await screen.findByText(/^Last/);
    fireEvent.keyDown(document.body, { key: 'z', ctrlKey: true });
    fireEvent.keyDown(document.body, { key: 'z', ctrlKey: true });
    expect(await screen.findByText('Undone: named 2 objects “red car”.')).toBeVisible();
    expect(versions).toHaveLength(2);
});

it('redoes with either of the usual keys', async () => {
    const server = fakeServer({ [LABELS]: listOf([], { redo: first }), [REDO]: changeOf({ redo: first }) });
    renderWithToasts();
    await screen.findByRole('button', { name: 'Redo: named 2 objects “red car”' });
    fireEvent.keyDown(document.body, { key: 'y', ctrlKey: true });
    await waitFor(() => expect(server.of(REDO)).toHaveLength(1));
    expect(await screen.findByText('Done again: named 2 objects “red car”.')).toBeVisible();
    fireEvent.keyDown(document.body, { key: 'Z', ctrlKey: true, shiftKey: true });
    await waitFor(() => expect(server.of(REDO)).toHaveLength(2));
});

it('brings back what was cleared from the columns, and only then takes back what was done before', async () => {
    const server = fakeServer({
        [LABELS]: listOf([labelOf('red car')], { undo: first }),
        [CORRECTIONS]: correctionsOf(),
        [UNDO]: () => {
            server.routes[LABELS] = listOf([], { version: 8 });
            return changeOf({ step: stepOf('undo') });
        },
    });
    const [a, b] = [pictureOf(1), pictureOf(2)];
    renderLabelling(
        <>
            <UndoRedo />
            <ColumnsDock />
            <ToastRegion />
        </>,
        { columns: { positive: [a], negative: [b], draft: 'truck' } },
    );
    await screen.findByRole('button', { name: 'Undo: named 2 objects “red car”' });
    await userEvent.click(screen.getByRole('button', { name: 'Clear' }));
    expect([...shownIn('positive'), ...shownIn('negative')]).toEqual([]);
    expect(screen.getByText('Last: cleared the columns')).toBeVisible();
    fireEvent.keyDown(document.body, { key: 'z', ctrlKey: true });
    expect(shownIn('positive')).toEqual([a.object]);
    expect(shownIn('negative')).toEqual([b.object]);
    expect(screen.getByRole('combobox', { name: 'Name of what is in the Yes column' })).toHaveValue('truck');
    expect(server.of(UNDO)).toEqual([]);
    fireEvent.keyDown(document.body, { key: 'z', ctrlKey: true });
    expect(await screen.findByText('Undone: named 2 objects “red car”.')).toBeVisible();
});

it('takes back what was done after the columns were cleared, not the clearing', async () => {
    const server = fakeServer({
        [LABELS]: listOf([labelOf('red car')], { undo: first }),
        [CORRECTIONS]: correctionsOf(),
        [UNDO]: changeOf({ step: stepOf('undo') }),
    });
    const { queries } = renderLabelling(
        <>
            <UndoRedo />
            <ColumnsDock />
        </>,
        { columns: { positive: [pictureOf(1)] } },
    );
    await screen.findByRole('button', { name: 'Undo: named 2 objects “red car”' });
    await userEvent.click(screen.getByRole('button', { name: 'Clear' }));
    server.routes[LABELS] = listOf([labelOf('red car')], { version: 8, undo: second });
    await queries.invalidateQueries();
    expect(await screen.findByText('Last: said that 1 object is not “red car”')).toBeVisible();
    fireEvent.keyDown(document.body, { key: 'z', ctrlKey: true });
    await waitFor(() => expect(server.of(UNDO)).toHaveLength(1));
    expect(shownIn('positive')).toEqual([]);
});

it('undoes nothing that somebody else did in the meantime, and says so', async () => {
    fakeServer({
        [LABELS]: listOf([labelOf('red car')], { undo: second }),
        [UNDO]: { status: 409, body: { detail: 'The labels are at version 9.' } },
    });
    renderWithToasts();
    await userEvent.click(await screen.findByRole('button', { name: /^Undo/ }));
    expect(await screen.findByText(/changed in the meantime, so nothing was undone/)).toBeVisible();
});

it('takes back a correction of tracks where that was later than the last label, and then the label', async () => {
    const split = correctionOf('split', { at_us: Date.parse('2026-03-01T10:00:05Z') * 1000, time_us: 2_000_000 });
    const server = fakeServer({
        [LABELS]: listOf([labelOf('red car')], { undo: first }),
        [CORRECTIONS]: correctionsOf({ version: 3, undo: split }),
        [UNDO_CORRECTION]: () => {
            server.routes[CORRECTIONS] = correctionsOf({ version: 4, redo: split });
            const step = { ...split, kind: 'undo' };
            return { body: { version: 4, step, tracks: [], removed: [], undo: null, redo: split } };
        },
        [UNDO]: () => {
            server.routes[LABELS] = listOf([], { version: 8, redo: first });
            return changeOf({ step: stepOf('undo'), undo: null, redo: first });
        },
    });
    renderWithToasts();
    expect(await screen.findByRole('button', { name: 'Undo: split track 1 at 0:02.000' })).toBeVisible();
    // Two quick presses: the second is about what the first has left.
    fireEvent.keyDown(document.body, { key: 'z', ctrlKey: true });
    fireEvent.keyDown(document.body, { key: 'z', ctrlKey: true });
    expect(await screen.findByText('Undone: named 2 objects “red car”.')).toBeVisible();
    expect(server.of(UNDO_CORRECTION)).toHaveLength(1);
    expect(server.of(UNDO)).toHaveLength(1);
    expect(await screen.findByRole('button', { name: 'Nothing to undo' })).toBeVisible();
});

it('makes again what was undone last, in a page that has not seen it, though what was undone before it was made earlier', async () => {
    const split = correctionOf('split', {
        at_us: Date.parse('2026-03-01T10:00:10Z') * 1000,
        time_us: 2_000_000,
        undone_at: '2026-03-01T10:00:30.000Z',
    });
    const later = stepOf('examples', {
        id: 2,
        negative: 1,
        at: '2026-03-01T10:00:20Z',
        undone_at: '2026-03-01T10:00:40.000Z',
    });
    const server = fakeServer({
        [LABELS]: listOf([labelOf('red car')], { undo: first, redo: later }),
        [CORRECTIONS]: correctionsOf({ version: 4, redo: split }),
        [REDO]: () => {
            const again = { ...later, undone_at: null };
            server.routes[LABELS] = listOf([labelOf('red car')], { version: 9, undo: again });
            return changeOf({ version: 9, step: stepOf('redo'), undo: again });
        },
    });
    renderWithToasts();
    expect(await screen.findByRole('button', { name: /^Redo: said that 1 object is not/ })).toBeVisible();
    fireEvent.keyDown(document.body, { key: 'y', ctrlKey: true });
    expect(await screen.findByText(/^Done again: said that 1 object is not/)).toBeVisible();
    expect(await screen.findByRole('button', { name: 'Nothing to redo' })).toBeVisible();
});

it('says what the server says when a correction cannot be undone, with tracks by their numbers', async () => {
    fakeServer({
        [LABELS]: listOf([]),
        [CORRECTIONS]: correctionsOf({ version: 3, undo: correctionOf('split') }),
        [UNDO_CORRECTION]: { status: 409, body: { detail: 'track 0123456789abcdef-t4 is not there any more' } },
    });
    renderWithToasts();
    await userEvent.click(await screen.findByRole('button', { name: /^Undo: split/ }));
    expect(await screen.findByText('Track 4 is not there any more.')).toBeVisible();
});

it.each([
    ['undo', 'labels', { key: 'z', ctrlKey: true }, 'Nothing was undone'],
    ['redo', 'tracks', { key: 'y', ctrlKey: true }, 'Nothing was done again'],
])('says that %s of %s was not done where nobody answers, and no longer that once somebody does', async (...row) => {
    const [kind, of, keys, nothing] = row;
    fakeServer({
        [LABELS]: listOf([labelOf('red car')], of === 'labels' ? { [kind]: first } : {}),
        [CORRECTIONS]: correctionsOf(of === 'tracks' ? { [kind]: correctionOf('split') } : {}),
    });
    renderWithToasts();
    await screen.findByRole('button', { name: kind === 'undo' ? /^Undo: / : /^Redo: / });
    const answering = globalThis.fetch;
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    fireEvent.keyDown(document.body, keys);
    const message = await screen.findByText(new RegExp(`^${nothing}, as far as is known. The server does not answer.`));
    vi.stubGlobal('fetch', answering);
    await waitFor(() => {
        // What was on its way when nobody answered may tell of it later.
        reportAnswer();
        expect(message).toHaveTextContent(
            `${nothing}, as far as is known. The server did not answer. It does now: try again.`,
        );
    });
});
