// @vitest-environment jsdom
import { QueryObserver } from '@tanstack/react-query';
import { expect, it, vi } from 'vitest';
import { newQueryClient } from './query-client.ts';

it('asks anew for what may have changed when one goes from another window to this one', async () => {
    const queries = newQueryClient();
    queries.mount();
    const asked = vi.fn(() => Promise.resolve('what there is'));
    const stop = new QueryObserver(queries, { queryKey: ['labels'], queryFn: asked }).subscribe(() => undefined);
    await vi.waitFor(() => expect(queries.getQueryData(['labels'])).toBe('what there is'));
    window.dispatchEvent(new Event('focus'));
    expect(asked).toHaveBeenCalledTimes(1);
    await queries.invalidateQueries({ refetchType: 'none' });
    window.dispatchEvent(new Event('focus'));
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(2));
    stop();
    queries.unmount();
});
