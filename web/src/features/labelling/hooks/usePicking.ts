// Picking another object for the selected one's track, or for pictures: in the player, at this time or another.
import type { Schema } from '@/api/client.ts';
import { classText } from '@/lib/detector-class.ts';
import { formatTimecode } from '@/lib/format.ts';
import { trackName } from '@/lib/track-name.ts';
import { givingOf, joinOf } from '../model/corrections.ts';
import { pictureInFrame, type Picture } from '../model/picture.ts';
import { useLabelling, type Picking } from './useLabelling.ts';

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

const WHERE = 'in this picture or at another time.';

function textOf(picking: Picking): string {
    const [one, ...more] = picking.objects;
    const track = one.track === null ? classText(one) : trackName(one.track);
    switch (picking.kind) {
        case 'merge':
            return `Merge ${track} with… Click the other object, ${WHERE}`;
        case 'rest':
            return `From ${formatTimecode(picking.rest.fromUs)} on, ${track} is… Click the object that it is, ${WHERE}`;
        case 'give':
            return more.length === 0
                ? `Give this ${one.class} to… Click the object that it is, ${WHERE}`
                : `Give these ${picking.objects.length} pictures to… Click the object that they are, ${WHERE}`;
    }
}

/** What the player has to know of it; null while nothing is picked. */
export function usePicking(): PlayerPicking | null {
    const { picking, setPicking, trackChanges, video } = useLabelling();
    if (picking === null) return null;

    function pick(other: Picture): Promise<void> {
        if (picking === null) return Promise.resolve();
        switch (picking.kind) {
            case 'merge':
                // The selected one stays what it is, and the other joins it; given away, it goes to the other.
                return trackChanges.join(joinOf(other, picking.objects[0]));
            case 'give':
                return trackChanges.join(givingOf(picking.objects, other));
            case 'rest':
                return trackChanges.giveRest(picking.rest, other);
        }
    }

    return {
        text: textOf(picking),
        accepts: object => picking.objects.some(one => isAnother(one, object)),
        onPick: ({ object, frame }) => {
            setPicking(null);
            void pick(pictureInFrame(object, frame, video));
        },
        onCancel: () => setPicking(null),
    };
}

function isAnother(one: Picture, { id, track }: Schema<'Object'>): boolean {
    return id !== one.object && (one.track === null || track !== one.track);
}
