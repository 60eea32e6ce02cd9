import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { objectQuery } from '../api/queries.ts';
import type { Selection } from '../model/layer.ts';
import { findObject, followed, type Samples } from '../model/samples.ts';

interface Selected {
    selection: Selection;
    track: string | null;
    /** When it is, if it has no track. */
    selectedUs: number | null;
}

/** What is known of the selected object, also where it is far from the playhead. */
export function useSelected(samples: Samples, selected: string | null): Selected {
    const found = useMemo(() => (selected === null ? undefined : findObject(samples, selected)), [samples, selected]);
    const fetched = useQuery({
        ...objectQuery(selected ?? ''),
        enabled: selected !== null && found === undefined && samples.frames.length > 0,
    });
    const selection = useMemo(() => ({ id: selected, followed: followed(samples, selected) }), [samples, selected]);
    const far = selected === null ? undefined : fetched.data;
    const track = found?.object.track ?? far?.track ?? null;
    const ptsUs = found?.frame.pts_us ?? far?.pts_us ?? null;
    return { selection, track, selectedUs: track === null ? ptsUs : null };
}
