import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { ToastRegion } from '@/components/ToastRegion.tsx';
import { hitOf, labelOf, pictureOf } from '../testing.ts';
import { stepOf } from '@/testing/steps.ts';
import {
    changeOf,
    examplesOf,
    fakeServer,
    LABELS,
    listOf,
    renderLabelling,
    shownIn,
    SUGGESTIONS,
    type Routes,
} from '../testing-view.tsx';
import { ColumnsDock } from './ColumnsDock.tsx';

const [a, b, c] = [pictureOf(1), pictureOf(2), pictureOf(3)];
const suggestions = { body: { hits: [hitOf(4, { confidence: 0.97 }), hitOf(5, { confidence: 0.8 })], more: false } };
const [d, e] = [pictureOf(4), pictureOf(5)];

function serverWith(routes: Routes = {}) {
    return fakeServer({
        [LABELS]: listOf([labelOf('red car'), labelOf('bus')]),
        [SUGGESTIONS]: suggestions,
        ...routes,
    });
}

const name = () => screen.getByRole('combobox', { name: 'Name of what is in the Yes column' });
const picture = (object: string) => document.querySelector<HTMLElement>(`[data-object="${object}"]`) as HTMLElement;

beforeEach(() => sessionStorage.clear());

describe('the columns', () => {
    it('say what belongs into them while they are empty', () => {
        serverWith();
        renderLabelling(<ColumnsDock />);
        expect(screen.getByText('Drag pictures here')).toBeVisible();
        expect(screen.getByText('Throw look-alikes here')).toBeVisible();
        expect(screen.getByRole('button', { name: /^Name/ })).toBeDisabled();
    });

    it('fill by themselves with what is surely the same', async () => {
        const server = serverWith();
        renderLabelling(<ColumnsDock />, { columns: { positive: [a], negative: [b] } });
        await waitFor(() => expect(shownIn('positive')).toEqual([a.object, d.object, e.object]));
        expect(shownIn('negative')).toEqual([b.object]);
        expect(screen.getByText('2 suggested')).toBeVisible();
        expect(picture(d.object)).toHaveAccessibleName(/suggested, confidence 97 %/);
        expect(server.of(SUGGESTIONS)[0]?.body).toEqual({
            ...{ positive: [a.object], negative: [b.object] },
            // As many things as can be: what is said of one picture of a track holds for all of them.
            ...{ per_track: true, limit: 1000 },
        });
    });

    it('offer for a name first the labels that were used last', async () => {
        serverWith({
            [LABELS]: listOf([1, 2, 3].map(day => labelOf(`day ${day}`, { updated_at: `2026-03-0${day}T10:00:00Z` }))),
        });
        renderLabelling(<ColumnsDock />);
        await userEvent.click(name());
        await waitFor(() =>
            expect(screen.getAllByRole('option').map(option => option.textContent)).toEqual([
                'day 32, 2 objects',
                'day 22, 2 objects',
                'day 12, 2 objects',
            ]),
        );
    });

    it('lose the pictures of a video that was deleted, and only those', async () => {
        const gone = pictureOf(6, { object: 'fedcba9876543210-00000006-000', video: 'fedcba9876543210' });
        const server = serverWith({
            'GET /api/v1/videos/fedcba9876543210': { status: 404, body: { detail: 'there is no such video' } },
        });
        renderLabelling(
            <>
                <ColumnsDock />
                <ToastRegion />
            </>,
            { columns: { positive: [a, gone], negative: [b] } },
        );
        expect(await screen.findByText('1 picture of a video that was deleted left the columns.')).toBeVisible();
        await waitFor(() => expect(shownIn('positive')).toEqual([a.object, d.object, e.object]));
        expect(shownIn('negative')).toEqual([b.object]);
        expect(server.of(SUGGESTIONS).at(-1)?.body).toMatchObject({ positive: [a.object], negative: [b.object] });
    });

    it('let one take a suggestion out, and do not suggest it again', async () => {
        const server = serverWith();
        renderLabelling(<ColumnsDock />, { columns: { positive: [a] } });
        await waitFor(() => expect(shownIn('positive')).toHaveLength(3));
        fireEvent.keyDown(picture(d.object), { key: 'Delete' });
        expect(shownIn('positive')).toEqual([a.object, e.object]);
        expect(server.of(SUGGESTIONS)).toHaveLength(1);
    });

    it('let one throw a suggestion into No, and ask again with that', async () => {
        const server = serverWith();
        renderLabelling(<ColumnsDock />, { columns: { positive: [a] } });
        await waitFor(() => expect(shownIn('positive')).toHaveLength(3));
        fireEvent.keyDown(picture(e.object), { key: 'n' });
        expect(shownIn('negative')).toEqual([e.object]);
        await waitFor(() => expect(server.of(SUGGESTIONS).at(-1)?.body).toMatchObject({ negative: [e.object] }));
    });

    it('say so when suggestions fail, and try again', async () => {
        const server = serverWith({ [SUGGESTIONS]: { status: 503, body: { detail: 'The index is being built.' } } });
        renderLabelling(<ColumnsDock />, { columns: { positive: [a] } });
        expect(await screen.findByRole('alert')).toHaveTextContent('No suggestions');
        expect(screen.getByRole('alert')).toHaveAttribute('title', 'The index is being built.');
        server.routes[SUGGESTIONS] = suggestions;
        await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
        await waitFor(() => expect(shownIn('positive')).toHaveLength(3));
    });

    it('are emptied with one button', async () => {
        serverWith();
        renderLabelling(<ColumnsDock />, { columns: { positive: [a], negative: [b], draft: 'x' } });
        await userEvent.click(screen.getByRole('button', { name: 'Clear' }));
        expect([...shownIn('positive'), ...shownIn('negative')]).toEqual([]);
        expect(name()).toHaveValue('');
    });
});

describe('the name', () => {
    it('is offered from the labels there are, and says how many pictures get it', async () => {
        serverWith();
        renderLabelling(<ColumnsDock />, { columns: { positive: [a, c] } });
        await screen.findByText('2 suggested');
        await userEvent.type(name(), 'RED C');
        const offer = screen.getByRole('option', { name: /red car/ });
        expect(screen.getByText('New label')).toHaveTextContent('New label RED C');
        await userEvent.keyboard('{ArrowDown}');
        expect(offer).toHaveAttribute('aria-selected', 'true');
        await userEvent.keyboard('{Enter}');
        expect(name()).toHaveValue('red car');
        expect(screen.getByRole('button', { name: /^Add 4 to “red car”/ })).toBeEnabled();
    });

    it('says what is wrong with it before it is sent', async () => {
        const server = serverWith();
        renderLabelling(<ColumnsDock />, { columns: { positive: [a] } });
        await userEvent.type(name(), '..{Enter}');
        expect(name()).toHaveAccessibleDescription('A name needs more than dots.');
        expect(server.of(examplesOf('..'))).toEqual([]);
    });

    it('is sent in one step with everything in the columns, in the label’s own spelling', async () => {
        const server = serverWith({
            [examplesOf('red car')]: changeOf({ label: labelOf('red car'), step: stepOf('examples', { positive: 3 }) }),
        });
        renderLabelling(<ColumnsDock />, { columns: { positive: [a], negative: [b] } });
        await screen.findByText('2 suggested');
        await userEvent.type(name(), 'Red Car{Enter}');
        await waitFor(() => expect(shownIn('positive')).toEqual([]));
        expect(server.of(examplesOf('red car')).map(sent => sent.body)).toEqual([
            { positive: [a.object, d.object, e.object], negative: [b.object], version: 7 },
        ]);
        expect(name()).toHaveValue('red car');
        expect(name()).not.toHaveFocus();
        expect(screen.getByRole('button', { name: 'Start another label' })).toBeVisible();
    });

    it('loses nothing when the server fails, and says its sentence', async () => {
        const server = serverWith({
            [examplesOf('truck')]: { status: 500, body: { detail: 'The disk is full: free some space.' } },
        });
        renderLabelling(<ColumnsDock />, { columns: { positive: [a], negative: [b] } });
        await screen.findByText('2 suggested');
        await userEvent.type(name(), 'truck{Enter}');
        await waitFor(() => expect(name()).toHaveAccessibleDescription('The disk is full: free some space.'));
        expect(name()).toHaveValue('truck');
        expect(shownIn('positive')).toEqual([a.object, d.object, e.object]);
        expect(shownIn('negative')).toEqual([b.object]);

        server.routes[examplesOf('truck')] = changeOf({ label: labelOf('truck') });
        await userEvent.click(screen.getByRole('button', { name: /^Create and name 3 pictures/ }));
        await waitFor(() => expect(shownIn('positive')).toEqual([]));
    });

    it('asks for another look when somebody else has changed labels in the meantime', async () => {
        const other = { undo: stepOf('rename', { label: 'car', other: 'red car' }), version: 9 };
        const server = serverWith({
            [examplesOf('red car')]: { status: 409, body: { detail: 'The labels were changed.' } },
        });
        renderLabelling(<ColumnsDock />, { columns: { positive: [a], draft: 'red car' } });
        await screen.findByText('2 suggested');
        server.routes[LABELS] = listOf([labelOf('red car')], other);
        await userEvent.type(name(), '{Enter}');
        const alert = await screen.findByText(/changed elsewhere while you worked/);
        await waitFor(() => expect(alert).toHaveTextContent('(somebody renamed “car” to “red car”)'));
        server.routes[examplesOf('red car')] = changeOf({ label: labelOf('red car') });
        await userEvent.click(screen.getByRole('button', { name: /^Submit again/ }));
        await waitFor(() => expect(shownIn('positive')).toEqual([]));
        expect(server.of(examplesOf('red car')).map(sent => sent.body.version)).toEqual([7, 9]);
    });
});

it('marks pictures with clicks and acts on all of them', async () => {
    serverWith();
    renderLabelling(<ColumnsDock />, { columns: { positive: [a, b, c] } });
    await waitFor(() => expect(shownIn('positive')).toHaveLength(5));
    fireEvent.click(picture(a.object));
    fireEvent.click(picture(c.object), { shiftKey: true });
    const bar = screen.getByRole('group', { name: 'Marked pictures' });
    expect(bar).toHaveTextContent('3 pictures marked');
    await userEvent.click(within(bar).getByRole('button', { name: 'No, not this' }));
    await waitFor(() => expect(shownIn('negative')).toEqual([a.object, b.object, c.object]));
});
