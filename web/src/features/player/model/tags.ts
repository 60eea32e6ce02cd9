// Where the tags of boxes go: above, inside or below, where they hide least of the other boxes, and never on each other.
import { areaOf, overlapArea, type Rect, type Size } from './geometry.ts';

export interface TagWish {
    rect: Rect;
    size: Size;
    /** Is shown even where it covers something. */
    must: boolean;
}

// Above this the others are not looked at any more: where so many boxes are, every place hides some.
const COMPARED_MOST = 60;

function places({ rect, size }: TagWish, bounds: Rect): Rect[] {
    const x = Math.max(bounds.x, Math.min(rect.x, bounds.x + bounds.width - size.width));
    const above = { x, y: rect.y - size.height, ...size };
    const inside = { x, y: rect.y, ...size };
    const below = { x, y: rect.y + rect.height, ...size };
    const fits = (place: Rect) => place.y >= bounds.y && place.y + place.height <= bounds.y + bounds.height;
    return [above, inside, below].filter(fits);
}

/** A place for each wish, in the order of their importance, or null where there is none. */
export function placeTags(wishes: readonly TagWish[], bounds: Rect): (Rect | null)[] {
    const placed: Rect[] = [];
    const compared = wishes.length <= COMPARED_MOST ? wishes : [];
    return wishes.map(wish => {
        // A tag much wider than its box would seem to belong to the neighbour.
        if (!wish.must && wish.size.width > 2.5 * wish.rect.width + 12) return null;
        const costs = places(wish, bounds).map((place, order) => {
            const covered = placed.reduce((sum, tag) => sum + overlapArea(tag, place), 0);
            const hidden = compared.reduce((sum, { rect }) => {
                return rect === wish.rect ? sum : sum + overlapArea(rect, place) / Math.max(1, areaOf(rect));
            }, 0);
            return { place, covered, cost: covered + hidden + order * 0.05 };
        });
        const allowed = costs.filter(({ covered }) => wish.must || covered === 0);
        const best = allowed.sort((a, b) => a.cost - b.cost)[0]?.place ?? null;
        if (best !== null) placed.push(best);
        return best;
    });
}
