import type { ReactNode } from 'react';
import type { Picture } from '../model/picture.ts';

/** What can be done with pictures of a grid, by a key, a small button on the picture, or the bar of marked ones. */
export interface PictureAction {
    name: string;
    /** As KeyboardEvent.key has them; the first is shown. */
    keys: readonly string[];
    icon: ReactNode;
    tone?: 'positive' | 'negative';
    /** The pictures leave the grid. */
    removes: boolean;
    /**
     * An object is picked for them in the player: the focus goes there, and every picture goes along, not one that stands
     * for its track. No small button on the picture has it.
     */
    picks?: boolean;
    run: (pictures: readonly Picture[]) => void;
}
