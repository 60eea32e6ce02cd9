// What is dragged, and what is said about it to those who cannot see it.
import { trackName } from '@/lib/track-name.ts';
import type { Column } from './columns.ts';
import { joinOf } from './corrections.ts';
import { pictureName, type Picture } from './picture.ts';

export interface Dragged {
    pictures: readonly [Picture, ...Picture[]];
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

/** What dropping it onto a box would do, in a few words. */
export function doesOnto({ pictures }: Dragged, target: Picture): string {
    if (pictures.length > 1) return 'One at a time';
    const join = joinOf(pictures[0], target);
    switch (join.kind) {
        case 'merge':
            return `Merge into ${trackName(join.into)}`;
        case 'give':
            return `Join to ${trackName(join.track)}`;
        case 'make':
            return 'Make one track';
        case 'none':
            return 'Not possible';
    }
}

export const DRAG_INSTRUCTIONS =
    'Press Space to pick it up, choose the Yes or the No column with the left and right arrow keys, and press Space to drop it. Escape cancels. P and N put it into Yes and No without dragging, Enter shows it in its video. With the mouse it can also be dropped onto a box in the player, which makes the two one track.';
