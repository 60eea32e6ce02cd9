// What a box looks like, which boxes are shown, and which of them the pointer means.
import type { Schema } from '@/api/client.ts';
import { classText } from '@/lib/detector-class.ts';
import { formatScore } from '@/lib/format.ts';
import { trackName } from '@/lib/track-name.ts';
import { areaOf, contains, type Rect } from './geometry.ts';
import type { PlacedBox } from './samples.ts';

type ObjectInFrame = Schema<'Object'>;

/** `followed`: the selection at another time. */
export type BoxState = 'selected' | 'followed' | 'explicit' | 'probable' | 'tracked' | 'detected';

export interface Selection {
    id: string | null;
    /** See followed() in samples.ts. */
    followed: ReadonlySet<string>;
}

export interface LayerOptions {
    shown: boolean;
    onlyLabelled: boolean;
    /** Of the detector. */
    minScore: number;
}

export const ALL_SHOWN: LayerOptions = { shown: true, onlyLabelled: false, minScore: 0 };

export function stateOf({ object, twin }: PlacedBox, selection: Selection): BoxState {
    if (selection.id !== null && (object.id === selection.id || twin?.id === selection.id)) return 'selected';
    if (selection.followed.has(object.id)) return 'followed';
    if (object.label !== null) return object.label.kind;
    return object.track === null ? 'detected' : 'tracked';
}

/** The selection is shown whatever the options say: one must see what one is working on. */
export function visibleBoxes(placed: readonly PlacedBox[], options: LayerOptions, selection: Selection): PlacedBox[] {
    if (!options.shown) return [];
    return placed.filter(box => {
        const state = stateOf(box, selection);
        if (state === 'selected' || state === 'followed') return true;
        return box.object.score >= options.minScore && (!options.onlyLabelled || box.object.label !== null);
    });
}

type Named = Pick<ObjectInFrame, 'label' | 'class' | 'class_refused' | 'score'>;

// A longer name would hide what is beside its box.
const NAME_MOST = 28;

function cut(name: string): string {
    const letters = [...name];
    return letters.length <= NAME_MOST
        ? name
        : `${letters
              .slice(0, NAME_MOST - 1)
              .join('')
              .trimEnd()}…`;
}

/** What the tag of a box says. */
export function tagText(object: Named): string {
    const { label, score } = object;
    if (label === null) return `${classText(object)} ${formatScore(score)}`;
    const name = cut(label.name);
    return label.kind === 'explicit' ? name : `${name}? ${formatScore(label.score)}`;
}

/** The same for those who do not see it. */
export function describeObject(object: Named & Pick<ObjectInFrame, 'track'>): string {
    const { label, score, track } = object;
    const seen = `${classText(object)}, score ${formatScore(score)}${track === null ? '' : `, ${trackName(track)}`}`;
    if (label === null) return seen;
    if (label.kind === 'explicit') return `${label.name}, labelled; ${seen}`;
    return `probably ${label.name}, ${formatScore(label.score)}; ${seen}`;
}

export interface DrawnBox {
    placed: PlacedBox;
    state: BoxState;
    /** In CSS pixels of the stage. */
    rect: Rect;
}

/** What lies under a point, the smallest first. */
export function boxesUnder(drawn: readonly DrawnBox[], x: number, y: number, slop = 3): DrawnBox[] {
    return drawn.filter(box => contains(box.rect, x, y, slop)).sort((a, b) => areaOf(a.rect) - areaOf(b.rect));
}

/** What a click chooses: the smallest box, and the next larger one with each further click at the same place. */
export function clickedBox(under: readonly DrawnBox[], samePlace: boolean): DrawnBox | undefined {
    if (!samePlace) return under[0];
    const current = under.findIndex(box => box.state === 'selected');
    return under[(current + 1) % Math.max(1, under.length)];
}

/** Left to right, then top to bottom: the order in which `]` goes through the boxes. */
export function readingOrder(placed: readonly PlacedBox[]): PlacedBox[] {
    const at = ({ box }: PlacedBox, axis: number) => box[axis] ?? 0;
    return [...placed].sort((a, b) => at(a, 0) - at(b, 0) || at(a, 1) - at(b, 1));
}
