import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { ToastRegion } from '@/components/ToastRegion.tsx';
import { labelOf, stepOf } from '../testing.ts';
import { changeOf, fakeServer, LABELS, listOf, REDO, renderLabelling, UNDO } from '../testing-view.tsx';
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

it('undoes nothing that somebody else did in the meantime, and says so', async () => {
    fakeServer({
        [LABELS]: listOf([labelOf('red car')], { undo: second }),
        [UNDO]: { status: 409, body: { detail: 'The labels are at version 9.' } },
    });
    renderWithToasts();
    await userEvent.click(await screen.findByRole('button', { name: /^Undo/ }));
    expect(await screen.findByText(/changed in the meantime, so nothing was undone/)).toBeVisible();
});
