// What is dragged, and what is said about it to those who cannot see it.
import { trackName } from '@/lib/track-name.ts';
import type { Column } from './columns.ts';
import { givingOf, joinOf, type Join } from './corrections.ts';
import { pictureName, type Picture } from './picture.ts';

export interface Dragged {
    /** One of each track, which says it all. */
    pictures: readonly [Picture, ...Picture[]];
    /** Every single one; absent where that is the same. */
    all?: readonly Picture[];
}

export function draggedOf(data: unknown): Dragged | null {
    if (typeof data !== 'object' || data === null || !('pictures' in data)) return null;
    const { pictures } = data;
    return Array.isArray(pictures) && pictures.length > 0 ? (data as Dragged) : null;
}

/** Where it can be dropped beside the columns: onto a box in the player. */
export const STAGE = 'stage';

export function columnOf(id: unknown): Column | null {
    return id === 'positive' || id === 'negative' ? id : null;
}

export function columnName(column: Column): string {
    return column === 'positive' ? 'Yes' : 'No';
}

export function draggedName({ pictures }: Dragged): string {
    return pictures.length === 1 ? pictureName(pictures[0]) : `${pictures.length} pictures`;
}

/** What dropping it onto a box does: one brings its track along, of several only they themselves are meant. */
export function joinOnto({ pictures, all = pictures }: Dragged, target: Picture): Join {
    return pictures.length === 1 ? joinOf(pictures[0], target) : givingOf(all, target);
}

/** The same in a few words, before it is done. */
export function doesOnto(dragged: Dragged, target: Picture): string {
    const join = joinOnto(dragged, target);
    switch (join.kind) {
        case 'merge':
            return `Merge into ${trackName(join.into)}`;
        case 'give':
            return join.objects.length > 1
                ? `Give ${join.objects.length} to ${trackName(join.track)}`
                : `Join to ${trackName(join.track)}`;
        case 'make':
            return 'Make one track';
        case 'none':
            return 'Not possible';
    }
}

export const DRAG_INSTRUCTIONS =
    'Press Space to pick it up, choose the Yes or the No column with the left and right arrow keys, and press Space to drop it. Escape cancels. P and N put it into Yes and No without dragging, Enter shows it in its video. G gives it to the track of an object that is picked in the player. With the mouse it can also be dropped onto a box there, which makes the two one track.';
