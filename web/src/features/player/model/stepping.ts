// Stepping by the video's own frames. Browsers seek to times and have no notion of "next frame", and with a variable
// frame rate the next one may be any time away.

export interface SteppedMedia {
    /** Seeks, and tells the time of the frame that is shown then. */
    seek: (us: number) => Promise<number>;
    endUs: number;
}

/** Browsers round times: this far inside a frame's time it is surely the one that is shown. */
export const INSIDE_US = 1000;
const SAME_US = 500;
const GROWTH = 1.9;

/**
 * Shows the frame before the one at `us`; gives its time, or `us` at the beginning. Asked for a time late in a long gap,
 * browsers may show the frame after it: then it goes back in growing steps, and ahead again to the last frame before.
 */
export async function stepBack(media: SteppedMedia, us: number, shortestUs: number): Promise<number> {
    if (us <= INSIDE_US) return us;
    let before = await media.seek(us - INSIDE_US);
    if (before < us - SAME_US) return before;
    for (let back = Math.max(INSIDE_US, shortestUs); before >= us - SAME_US; back *= GROWTH) {
        const target = Math.max(0, us - back);
        before = await media.seek(target);
        if (target === 0) break;
    }
    for (let next = before; next < us - SAME_US;) {
        before = next;
        next = await stepForward(media, before, shortestUs);
        if (next === before) break;
    }
    return media.seek(before + INSIDE_US);
}

/**
 * Shows the frame after the one at `us`; gives its time, or `us` at the end. Goes ahead in growing steps until another
 * frame shows; where one more may be hidden in the last step, it looks back. `shortestUs`: the shortest that frames of
 * this video last, as far as is known; at first half of what they last usually.
 */
export async function stepForward(media: SteppedMedia, us: number, shortestUs: number): Promise<number> {
    const isSame = (shown: number) => shown <= us + SAME_US;
    let same = us;
    let next = us;
    for (let ahead = Math.max(INSIDE_US, shortestUs * 0.95); isSame(next); ahead *= GROWTH) {
        const target = Math.min(us + ahead, media.endUs);
        next = await media.seek(target);
        if (isSame(next)) same = target;
        if (isSame(next) && target >= media.endUs) return us;
    }
    if (same > us && next - same <= shortestUs * 1.1) return next;
    for (;;) {
        const before = await media.seek(next - INSIDE_US);
        if (isSame(before) || before >= next - SAME_US) break;
        next = before;
    }
    return media.seek(next + INSIDE_US);
}
