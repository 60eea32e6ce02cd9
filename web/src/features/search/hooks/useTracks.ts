// The pictures of the tracks that are unfolded.
import { useQueries } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { sentenceOf } from '@/api/problem.ts';
import { toast } from '@/components/toast.ts';
import { trackObjectsQuery } from '../api/queries.ts';
import { tracksToFetch, type Section, type Tracks } from '../model/layout.ts';

export function useTracks(sections: readonly Section[], unfolded: ReadonlySet<string>): Tracks {
    const wanted = useMemo(() => tracksToFetch(sections, unfolded), [sections, unfolded]);
    const { objects, error } = useQueries({
        queries: wanted.map(trackObjectsQuery),
        combine: results => ({
            objects: results.map(({ data }) => data),
            error: results.find(result => result.error !== null)?.error ?? null,
        }),
    });
    useEffect(() => {
        if (error !== null)
            toast(`The pictures of the track could not be loaded. ${sentenceOf(error)}`, { kind: 'error' });
    }, [error]);
    return useMemo(() => new Map(wanted.map((track, at) => [track, objects[at] ?? []])), [wanted, objects]);
}
