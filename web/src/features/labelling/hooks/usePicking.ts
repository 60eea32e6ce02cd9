// Picking another object for the selected one's track: in the player, at this time or another.
import type { Schema } from '@/api/client.ts';
import { trackName } from '@/lib/track-name.ts';
import { givingOf, joinOf } from '../model/corrections.ts';
import { pictureInFrame } from '../model/picture.ts';
import { useLabelling } from './useLabelling.ts';

interface Picked {
    object: Schema<'Object'>;
    frame: Schema<'Frame'>;
}

export interface PlayerPicking {
    text: string;
    accepts: (object: Schema<'Object'>) => boolean;
    onPick: (picked: Picked) => void;
    onCancel: () => void;
}

/** What the player has to know of it; null while nothing is picked. */
export function usePicking(): PlayerPicking | null {
    const { picking, setPicking, trackChanges, video } = useLabelling();
    if (picking === null) return null;
    const { kind, object: one } = picking;
    return {
        text:
            kind === 'merge' && one.track !== null
                ? `Merge ${trackName(one.track)} with… Click the other object, in this picture or at another time.`
                : `Give this ${one.class} to… Click the object that it is, in this picture or at another time.`,
        accepts: object => object.id !== one.object && (one.track === null || object.track !== one.track),
        onPick: ({ object, frame }) => {
            const other = pictureInFrame(object, frame, video);
            setPicking(null);
            // The selected one stays what it is, and the other joins it; given away, it goes to the other.
            void trackChanges.join(kind === 'merge' ? joinOf(other, one) : givingOf(one, other));
        },
        onCancel: () => setPicking(null),
    };
}
