// Up to which version everything that is kept of a project's labels, or of a video's tracks, was made stale. It outlives the
// views, as what they fetched does; a list that was fetched again says nothing of the rest.
import { hashKey, type QueryClient, type QueryKey } from '@tanstack/react-query';

interface Freshness {
    versions: Map<string, number>;
    /** How many refreshes are under way. */
    refreshing: number;
}

const clients = new WeakMap<QueryClient, Freshness>();

function freshnessOf(queries: QueryClient): Freshness {
    let found = clients.get(queries);
    if (found === undefined) {
        found = { versions: new Map(), refreshing: 0 };
        clients.set(queries, found);
    }
    return found;
}

/** By the key of the answer that has the version. */
export function freshVersion(queries: QueryClient, key: QueryKey): number | undefined {
    return freshnessOf(queries).versions.get(hashKey(key));
}

/** What is asked from now on is answered with this version or a newer one, and nothing older is taken as fresh. */
export function noteFresh(queries: QueryClient, key: QueryKey, version: number | undefined) {
    if (version !== undefined) freshnessOf(queries).versions.set(hashKey(key), version);
}

export function isRefreshing(queries: QueryClient): boolean {
    return freshnessOf(queries).refreshing > 0;
}

export async function whileRefreshing(queries: QueryClient, refresh: () => Promise<void>): Promise<void> {
    const freshness = freshnessOf(queries);
    freshness.refreshing += 1;
    try {
        await refresh();
    } finally {
        freshness.refreshing -= 1;
    }
}
