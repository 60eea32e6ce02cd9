import { useQuery } from '@tanstack/react-query';
import { toast } from '@/components/toast.ts';
import { formatTimecode } from '@/lib/format.ts';
import { trackQuery } from '../api/corrections.ts';
import { objectQuery } from '../api/queries.ts';
import { canSplit } from '../model/corrections.ts';
import { useLabelling } from './useLabelling.ts';

export interface Split {
    /** Where the player stands. */
    possible: boolean;
    /** Where to go, if it is not. */
    why: string | undefined;
    run: () => void;
}

/** Splitting a track at the frame that the player shows. */
export function useSplit(id: string | null): Split {
    const { us, stage, trackChanges } = useLabelling();
    const track = useQuery({ ...trackQuery(id ?? ''), enabled: id !== null }).data;
    const possible = track !== undefined && canSplit(track, us);
    const where =
        track === undefined
            ? undefined
            : track.objects === 1
              ? 'It is in one picture only: there is nothing to split.'
              : `Go to the first picture of the other object, after ${formatTimecode(track.first_us)} and not after ${formatTimecode(track.last_us)}.`;
    return {
        possible,
        why: possible ? undefined : where,
        run: () => {
            // While it plays, the address is behind.
            const now = stage.currentUs();
            if (id === null || track === undefined) return;
            if (canSplit(track, now)) void trackChanges.split(id, now);
            else toast(`The track cannot be split here. ${where ?? ''}`);
        },
    };
}

/** Where the selected object's track can be split, for the timeline; null where there is none. */
export function useSplitting(): { firstUs: number; lastUs: number; onSplit: () => void } | null {
    const { selected, tracked } = useLabelling();
    const object = useQuery({ ...objectQuery(selected ?? ''), enabled: selected !== null }).data;
    const id = selected === null || !tracked ? null : (object?.track ?? null);
    const track = useQuery({ ...trackQuery(id ?? ''), enabled: id !== null }).data;
    const { run } = useSplit(id);
    return id === null || track === undefined ? null : { firstUs: track.first_us, lastUs: track.last_us, onSplit: run };
}
