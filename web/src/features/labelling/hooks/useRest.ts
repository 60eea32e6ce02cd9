import { useQuery } from '@tanstack/react-query';
import { toast } from '@/components/toast.ts';
import { formatTimecode } from '@/lib/format.ts';
import { trackQuery } from '../api/corrections.ts';
import { hasRest } from '../model/corrections.ts';
import type { Picture } from '../model/picture.ts';
import { useLabelling } from './useLabelling.ts';

export interface GivingRest {
    /** Where the player stands. */
    possible: boolean;
    run: () => void;
}

/** Giving away what is left of an object's track from the frame on that the player shows. */
export function useRest(object: Picture): GivingRest {
    const { us, stage, setPicking } = useLabelling();
    const { track: id } = object;
    const track = useQuery({ ...trackQuery(id ?? ''), enabled: id !== null }).data;
    return {
        possible: track !== undefined && hasRest(track, us),
        run: () => {
            // While it plays, the address is behind.
            const fromUs = stage.currentUs();
            if (id === null || track === undefined) return;
            if (hasRest(track, fromUs)) setPicking({ kind: 'rest', objects: [object], rest: { track: id, fromUs } });
            else
                toast(
                    `Nothing of the track is left here. Go to the first picture of the other object, not after ${formatTimecode(track.last_us)}.`,
                );
        },
    };
}
