// Where the nodes of the data flow stand: parts from left to right, the workers of a part in a grid inside its frame, the
// stores below; on a narrow screen parts from top to bottom, with the stores beside them. The more workers, the smaller
// their nodes: cards, rows, tiles.
import { PARTS, type Part } from './activity.ts';

export type Density = 'card' | 'row' | 'tile';
export type StoreName = 'blobs' | 'meta' | 'vectors';

export interface Box {
    x: number;
    y: number;
    width: number;
    height: number;
}

export interface WorkerPlace extends Box {
    worker: string;
    part: Part;
    density: Density;
}

export interface PartPlace extends Box {
    part: Part;
    density: Density;
}

export interface StorePlace extends Box {
    store: StoreName;
}

export interface FlowLayout {
    /** From top to bottom. */
    upright: boolean;
    width: number;
    height: number;
    inbox: Box;
    parts: PartPlace[];
    /** Positions are relative to the part's frame. */
    workers: WorkerPlace[];
    stores: StorePlace[];
}

const SIZES: Record<Density, { width: number; height: number; gap: number }> = {
    card: { width: 184, height: 66, gap: 8 },
    row: { width: 124, height: 30, gap: 6 },
    tile: { width: 26, height: 26, gap: 5 },
};

const PADDING = 12;
const HEADER = 34;
const EMPTY_BODY = 30;
const PART_LEAST = 184 + 2 * PADDING;
/** Between two parts: room for the name of the topic and how much waits in it. */
const GAP = 128;
export const INBOX = { width: 112, height: 58 };
const STORE = { width: 158, height: 54, gap: 20 };
const STORES_BELOW = 62;

export function densityFor(workers: number): Density {
    if (workers <= 4) return 'card';
    return workers <= 18 ? 'row' : 'tile';
}

/** An upright part is no wider than this, however many workers it has. */
const UPRIGHT_MOST = 300;
const UPRIGHT_GAP = 46;
const UPRIGHT_BESIDE = 34;
const UPRIGHT_STORE = 128;

/** Columns of a grid of `count`: cards stand in one, rows and tiles make a block that is wider than high. */
export function columnsFor(count: number, density: Density): number {
    if (density === 'card') return count > 2 ? 2 : 1;
    const { width, height, gap } = SIZES[density];
    const shape = density === 'tile' ? 1.9 : 1.3;
    const ideal = Math.sqrt((count * shape * (height + gap)) / (width + gap));
    return Math.max(1, Math.min(count, Math.ceil(ideal)));
}

function layoutPart(
    part: Part,
    ids: readonly string[],
    upright: boolean,
): { frame: PartPlace; workers: WorkerPlace[] } {
    const density = densityFor(ids.length);
    const { width, height, gap } = SIZES[density];
    const fit = upright ? Math.max(1, Math.floor((UPRIGHT_MOST - 2 * PADDING + gap) / (width + gap))) : Infinity;
    const columns = Math.min(columnsFor(ids.length, density), fit);
    const rows = Math.ceil(ids.length / columns);
    const inner = columns * (width + gap) - gap;
    const frameWidth = Math.max(PART_LEAST, inner + 2 * PADDING);
    const body = ids.length === 0 ? EMPTY_BODY : rows * (height + gap) - gap;
    const left = (frameWidth - inner) / 2;
    return {
        frame: { part, density, x: 0, y: 0, width: frameWidth, height: HEADER + body + PADDING },
        workers: ids.map((worker, i) => ({
            worker,
            part,
            density,
            x: left + (i % columns) * (width + gap),
            y: HEADER + Math.floor(i / columns) * (height + gap),
            width,
            height,
        })),
    };
}

/** `ids`: the workers of each part in order. Trackers have a place only when there are any. */
export function layoutFlow(ids: Record<Part, readonly string[]>, upright = false): FlowLayout {
    const parts = PARTS.filter(part => part !== 'tracker' || ids.tracker.length > 0).map(part =>
        layoutPart(part, ids[part], upright),
    );
    return upright ? fromTop(parts) : fromLeft(parts);
}

type Placed = ReturnType<typeof layoutPart>;

/** The stores stand beside the parts that fill them, and where videos come in beside the splitter that takes them. */
function fromTop(parts: readonly Placed[]): FlowLayout {
    const widest = Math.max(...parts.map(({ frame }) => frame.width));
    let y = 0;
    for (const { frame } of parts) {
        frame.x = (widest - frame.width) / 2;
        frame.y = y;
        y += frame.height + UPRIGHT_GAP;
    }
    const x = widest + UPRIGHT_BESIDE;
    const middleOf = (part: Part) => {
        const frame = parts.find(placed => placed.frame.part === part)?.frame;
        return frame === undefined ? 0 : frame.y + frame.height / 2;
    };
    const size = { width: UPRIGHT_STORE, height: STORE.height };
    const { height, gap } = STORE;
    const besides = middleOf('indexer');
    const blobs = Math.min(middleOf('downloader') - height / 2, besides - gap / 2 - height - gap - height);
    const stores: StorePlace[] = [
        { store: 'blobs', x, y: blobs, ...size },
        { store: 'vectors', x, y: besides - gap / 2 - height, ...size },
        { store: 'meta', x, y: besides + gap / 2, ...size },
    ];
    return {
        upright: true,
        width: x + UPRIGHT_STORE,
        height: Math.max(y - UPRIGHT_GAP, besides + gap / 2 + height),
        inbox: { x, y: Math.min(middleOf('splitter') - INBOX.height / 2, blobs - gap - INBOX.height), ...INBOX },
        parts: parts.map(({ frame }) => frame),
        workers: parts.flatMap(part => part.workers),
        stores,
    };
}

function fromLeft(parts: readonly Placed[]): FlowLayout {
    const tallest = Math.max(INBOX.height, ...parts.map(({ frame }) => frame.height));
    let x = INBOX.width + GAP;
    for (const { frame } of parts) {
        frame.x = x;
        frame.y = (tallest - frame.height) / 2;
        x += frame.width + GAP;
    }
    const frameOf = (part: Part) => parts.find(({ frame }) => frame.part === part)?.frame;
    const centreOf = (part: Part) => {
        const frame = frameOf(part);
        return frame === undefined ? 0 : frame.x + frame.width / 2;
    };
    const y = tallest + STORES_BELOW;
    const { width, height, gap } = STORE;
    const besides = centreOf('indexer');
    const stores: StorePlace[] = [
        { store: 'blobs', x: centreOf('downloader') - width / 2, y, width, height },
        { store: 'vectors', x: besides - width - gap / 2, y, width, height },
        { store: 'meta', x: besides + gap / 2, y, width, height },
    ];
    // With many downloaders or few indexers, the stores would touch.
    const blobs = stores[0] as StorePlace;
    blobs.x = Math.min(blobs.x, besides - width - gap / 2 - gap - width);
    const right = Math.max(x - GAP, ...stores.map(store => store.x + store.width));
    return {
        upright: false,
        width: right,
        height: y + height,
        inbox: { x: 0, y: (tallest - INBOX.height) / 2, ...INBOX },
        parts: parts.map(({ frame }) => frame),
        workers: parts.flatMap(part => part.workers),
        stores,
    };
}
