import { act, render, waitFor } from '@testing-library/react';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { client } from './client.ts';
import { labelsQuery } from './queries.ts';
import { useFollowedLabel } from './use-followed-label.ts';

const follow = vi.fn<(label: string | null) => void>();
let queries: QueryClient;
let answer: (steps: object[]) => void;

function Follower({ label }: { label: string }) {
    useFollowedLabel('demo', label, follow);
    return null;
}

const shown = (label: string) => (
    <QueryClientProvider client={queries}>
        <Follower label={label} />
    </QueryClientProvider>
);

/** The list of labels is fetched, with these names in it. */
function list(names: string[], version: number, redo: object | null = null): Promise<void> {
    const labels = names.map(name => ({ name }));
    return act(async () => {
        queries.setQueryData(labelsQuery('demo').queryKey, { labels, version, undo: null, redo } as never);
        await new Promise(told => setTimeout(told));
    });
}

const rename = (id: number) => ({ id, kind: 'rename', label: 'city bike', other: 'red bike', undone: false });

/** The history comes, and what waited for it is done. */
async function arrives(steps: object[]) {
    await act(async () => {
        answer(steps);
        await new Promise(done => setTimeout(done));
    });
}

beforeEach(async () => {
    follow.mockClear();
    queries = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
    const history = new Promise<object[]>(resolve => (answer = resolve));
    // Without a stream to be read: what waits for it is done in the same turn.
    vi.spyOn(client, 'GET').mockImplementation((async () => ({
        data: { steps: await history, next_cursor: null },
        response: new Response(),
    })) as never);
    await list(['city bike', 'taxi'], 4);
});

afterEach(() => vi.restoreAllMocks());

it('goes with a label that somebody renames', async () => {
    render(shown('city bike'));
    await list(['red bike', 'taxi'], 5);
    answer([rename(5)]);
    await waitFor(() => expect(follow).toHaveBeenCalledWith('red bike'));
});

it('leaves the label alone that was chosen while it asked', async () => {
    const view = render(shown('city bike'));
    await list(['red bike', 'taxi'], 5);
    expect(client.GET).toHaveBeenCalled();
    view.rerender(shown('taxi'));
    await arrives([rename(5)]);
    expect(follow).not.toHaveBeenCalled();
});

it('goes nowhere from a view that was left', async () => {
    const view = render(shown('city bike'));
    await list(['red bike', 'taxi'], 5);
    expect(client.GET).toHaveBeenCalled();
    view.unmount();
    await arrives([rename(5)]);
    expect(follow).not.toHaveBeenCalled();
});

it('goes with a renaming that is done again', async () => {
    await list(['city bike', 'taxi'], 6, rename(5));
    render(shown('city bike'));
    await list(['red bike', 'taxi'], 7);
    answer([rename(5)]);
    await waitFor(() => expect(follow).toHaveBeenCalledWith('red bike'));
});
