// The keys of a focused picture, for the key map. The grid handles them (PictureGrid.tsx).
import { useShortcut } from '@/lib/keys.tsx';

const LISTED = { group: 'Pictures', onlyListed: true };
const nothing = () => undefined;

export function usePictureKeys() {
    useShortcut('ArrowRight', 'Go from picture to picture', nothing, LISTED);
    useShortcut('ArrowDown', 'Go from picture to picture', nothing, LISTED);
    useShortcut('p', 'Put it into Yes', nothing, LISTED);
    useShortcut('n', 'Put it into No', nothing, LISTED);
    useShortcut('Delete', 'Take it out of its column', nothing, LISTED);
    useShortcut('Space', 'Pick it up, and drop it', nothing, LISTED);
    useShortcut('Enter', 'Show it in its video', nothing, LISTED);
    useShortcut('e', 'Unfold or fold near-identical ones', nothing, LISTED);
    useShortcut('m', 'Mark it', nothing, LISTED);
    useShortcut('g', 'Give it to the track of an object that is picked', nothing, LISTED);
    useShortcut('Mod+a', 'Mark all', nothing, LISTED);
}
