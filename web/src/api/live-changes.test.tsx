import { waitFor } from '@testing-library/react';
import { useQuery } from '@tanstack/react-query';
import { expect, it, vi } from 'vitest';
import { renderInApp } from '@/testing/render.tsx';
import { labelsQuery } from './queries.ts';
import { useLiveChanges } from './use-live-changes.ts';

const isClosed: boolean[] = [];

class FakeSource extends EventTarget {
    private readonly at = isClosed.push(false) - 1;

    close() {
        isClosed[this.at] = true;
    }
}

function View() {
    useLiveChanges('demo');
    return useQuery(labelsQuery('demo')).status;
}

it('does not ask for the changes of a project that is gone', async () => {
    vi.stubGlobal('EventSource', FakeSource);
    vi.stubGlobal('fetch', () =>
        Promise.resolve(Response.json({ detail: 'there is no project demo' }, { status: 404 })),
    );
    renderInApp(<View />);
    await waitFor(() => expect(isClosed).toEqual([true]));
});
