// The pictures of the tracks that are unfolded.
import { useQueries } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useMemo } from 'react';
import { sentenceOf } from '@/api/problem.ts';
import { toast } from '@/components/toast.ts';
import { trackObjectsQuery } from '../api/queries.ts';
import { tracksToFetch, type Section, type TrackPictures, type Tracks } from '../model/layout.ts';

/** `fold` is told of the stacks whose pictures could not be loaded. */
export function useTracks(
    sections: readonly Section[],
    unfolded: ReadonlySet<string>,
    fold: (...stacks: string[]) => void,
): Tracks {
    const wanted = useMemo(() => tracksToFetch(sections, unfolded), [sections, unfolded]);
    const { pictures, error } = useQueries({
        queries: [...wanted.keys()].map(trackObjectsQuery),
        combine: results => ({
            pictures: results.map(({ data, isError }) => data ?? (isError ? 'failed' : null)),
            error: results.find(result => result.error !== null)?.error ?? null,
        }),
    });
    const tell = useEffectEvent((failure: Error) => {
        toast(`The pictures of the track could not be loaded. ${sentenceOf(failure)}`, { kind: 'error' });
        fold(...[...wanted.values()].filter((_, at) => pictures[at] === 'failed'));
    });
    useEffect(() => {
        if (error !== null) tell(error);
    }, [error]);
    return useMemo(() => {
        const tracks = new Map<string, TrackPictures | null>();
        [...wanted.keys()].forEach((track, at) => {
            const found = pictures[at] ?? null;
            if (found !== 'failed') tracks.set(track, found);
        });
        return tracks;
    }, [wanted, pictures]);
}
