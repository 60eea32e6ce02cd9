import { focusManager, QueryClient } from '@tanstack/react-query';
import { connection, onConnectionChange } from './connection.ts';
import { isTransient } from './problem.ts';

const ATTEMPTS_MOST = 3;

// Of two windows beside one another both are seen all the time: what was said in one shows in the other when one goes to it.
focusManager.setEventListener(look => {
    const events = ['visibilitychange', 'focus'];
    const listener = () => look();
    for (const event of events) window.addEventListener(event, listener);
    return () => {
        for (const event of events) window.removeEventListener(event, listener);
    };
});

export function newQueryClient(): QueryClient {
    const queries = new QueryClient({
        defaultOptions: {
            queries: {
                retry: (failures, error) => isTransient(error) && failures < ATTEMPTS_MOST,
                retryDelay: attempt => Math.min(500 * 2 ** attempt, 5000),
                staleTime: 5000,
                // The server is often on this very machine, which the browser's idea of "offline" says nothing about.
                networkMode: 'always',
            },
            mutations: { networkMode: 'always', retry: false },
        },
    });
    onConnectionChange(() => {
        if (connection() === 'connected') void queries.invalidateQueries();
    });
    return queries;
}
