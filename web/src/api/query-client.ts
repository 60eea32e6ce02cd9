import { QueryClient } from '@tanstack/react-query';
import { connection, onConnectionChange } from './connection.ts';
import { isTransient } from './problem.ts';

const ATTEMPTS_MOST = 3;

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
