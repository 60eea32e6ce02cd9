// Near-identical pictures shown as one: those of a track, and without a tracker those that follow one another in a video
// at about the same place.
import { US_PER_S } from './time.ts';

/** What has to be known of an object's picture. */
export interface Sighting {
    object: string;
    video: string;
    frame: string;
    pts_us: number;
    /** x, y, width, height. */
    box: readonly number[];
    class: string;
    track: string | null;
}

export interface Stack<Seen extends Sighting> {
    /** The object of its best picture. */
    id: string;
    /** In the order they came: the first stands for all. */
    pictures: readonly [Seen, ...Seen[]];
}

const NEIGHBOURS_WITHIN_US = US_PER_S;
// Between two sampled frames a thing moves; other things of its class are usually further away than that.
const OVERLAP_LEAST = 0.3;

/** Intersection over union of two boxes [x, y, width, height]. */
export function overlap(a: readonly number[], b: readonly number[]): number {
    const [ax = 0, ay = 0, aw = 0, ah = 0] = a;
    const [bx = 0, by = 0, bw = 0, bh = 0] = b;
    const width = Math.min(ax + aw, bx + bw) - Math.max(ax, bx);
    const height = Math.min(ay + ah, by + bh) - Math.max(ay, by);
    if (width <= 0 || height <= 0) return 0;
    const shared = width * height;
    return shared / (aw * ah + bw * bh - shared);
}

function areNeighbours(a: Sighting, b: Sighting): boolean {
    return (
        a.frame !== b.frame &&
        a.class === b.class &&
        Math.abs(a.pts_us - b.pts_us) <= NEIGHBOURS_WITHIN_US &&
        overlap(a.box, b.box) >= OVERLAP_LEAST
    );
}

/** Pairs of untracked neighbours as indices, the surest first: soon after one another, then at the same place. */
function neighbours(pictures: readonly Sighting[]): [number, number][] {
    // By video and second: neighbours are in the same bucket or the next one.
    const seconds = new Map<string, number[]>();
    const pairs: { pair: [number, number]; apartUs: number; shared: number }[] = [];
    pictures.forEach((picture, index) => {
        if (picture.track !== null) return;
        const second = Math.floor(picture.pts_us / NEIGHBOURS_WITHIN_US);
        for (const near of [second - 1, second, second + 1]) {
            for (const other of seconds.get(`${picture.video} ${near}`) ?? []) {
                const candidate = pictures[other];
                if (candidate === undefined || !areNeighbours(candidate, picture)) continue;
                const apartUs = Math.abs(candidate.pts_us - picture.pts_us);
                pairs.push({ pair: [other, index], apartUs, shared: overlap(candidate.box, picture.box) });
            }
        }
        const key = `${picture.video} ${second}`;
        const bucket = seconds.get(key);
        if (bucket === undefined) seconds.set(key, [index]);
        else bucket.push(index);
    });
    return pairs.sort((a, b) => a.apartUs - b.apartUs || b.shared - a.shared).map(({ pair }) => pair);
}

/**
 * Stacks in the order of their best pictures. Pictures come best first, and keep their order within a stack. `trackOf`
 * says what goes together for certain; null: nothing.
 */
export function groupPictures<Seen extends Sighting>(
    pictures: readonly Seen[],
    trackOf: (picture: Seen) => string | null = ({ track }) => track,
): Stack<Seen>[] {
    const parents = pictures.map((_, index) => index);
    const framesOf = pictures.map(picture => new Set([picture.frame]));
    const rootOf = (index: number): number => {
        let at = index;
        while (parents[at] !== at) at = parents[at] = parents[parents[at] ?? at] ?? at;
        return at;
    };
    const join = (a: number, b: number) => {
        // The better picture leads.
        const [first, second] = [rootOf(a), rootOf(b)].sort((x, y) => x - y) as [number, number];
        parents[second] = first;
        for (const frame of framesOf[second] ?? []) framesOf[first]?.add(frame);
    };
    // One thing is not twice in a frame: where two stacks would say so, they are of two things.
    const areOfTwo = (a: number, b: number) => {
        const [few, many] = [framesOf[rootOf(a)], framesOf[rootOf(b)]].sort((x, y) => (x?.size ?? 0) - (y?.size ?? 0));
        for (const frame of few ?? []) if (many?.has(frame)) return true;
        return false;
    };

    const tracks = new Map<string, number>();
    pictures.forEach((picture, index) => {
        const track = trackOf(picture);
        if (track === null) return;
        const first = tracks.get(track);
        if (first === undefined) tracks.set(track, index);
        else join(first, index);
    });
    for (const [a, b] of neighbours(pictures)) if (rootOf(a) !== rootOf(b) && !areOfTwo(a, b)) join(a, b);

    const stacks = new Map<number, Seen[]>();
    pictures.forEach((picture, index) => {
        const root = rootOf(index);
        const stack = stacks.get(root);
        if (stack === undefined) stacks.set(root, [picture]);
        else stack.push(picture);
    });
    return [...stacks.values()].map(members => {
        const all = members as [Seen, ...Seen[]];
        return { id: all[0].object, pictures: all };
    });
}
