// What a grid shows of stacks of near-identical pictures.
import type { Stack } from '@/lib/near-identical.ts';
import type { Picture } from './picture.ts';

export { groupPictures, overlap } from '@/lib/near-identical.ts';

export interface Cell {
    key: string;
    picture: Picture;
    /** What the cell stands for: all pictures of a folded stack, or the one. */
    stands: readonly Picture[];
    /** Of the first cell of a stack of several: its id, to fold and unfold it. */
    stack: string | null;
    unfolded: boolean;
}

/** What a grid shows: folded stacks as one cell, unfolded ones picture by picture. */
export function cellsOf(stacks: readonly Stack<Picture>[], unfolded: ReadonlySet<string>): Cell[] {
    return stacks.flatMap(({ id, pictures }): Cell[] => {
        const [first] = pictures;
        if (pictures.length === 1) return [{ key: id, picture: first, stands: pictures, stack: null, unfolded: false }];
        if (!unfolded.has(id)) return [{ key: id, picture: first, stands: pictures, stack: id, unfolded: false }];
        return pictures.map((picture, at) => ({
            key: picture.object,
            picture,
            stands: [picture],
            stack: at === 0 ? id : null,
            unfolded: true,
        }));
    });
}
