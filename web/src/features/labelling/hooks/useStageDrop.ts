// Pictures and boxes that are dropped onto a box in the player: they are one object then.
import { joinOnto, type Dragged } from '../model/dragging.ts';
import type { Picture } from '../model/picture.ts';
import { useLabelling } from './useLabelling.ts';

export interface StageDrop {
    /** What it would be dropped onto, marked in the picture; null marks nothing. */
    over: (dragged: Dragged, at: { x: number; y: number } | null) => Picture | null;
    drop: (dragged: Dragged, target: Picture) => void;
}

export function useStageDrop(): StageDrop {
    const { stage, trackChanges } = useLabelling();
    return {
        over: ({ pictures: [first] }, at) => {
            const found = at === null ? null : stage.boxAt(at.x, at.y);
            // Its own box is no target: so a shaky click changes nothing.
            const target = found === null || isSame(first, found) ? null : found;
            stage.point(target?.object ?? null);
            return target;
        },
        drop: (dragged, target) => void trackChanges.join(joinOnto(dragged, target)),
    };
}

function isSame(a: Picture, b: Picture): boolean {
    return a.object === b.object || (a.track !== null && a.track === b.track);
}
