// Results as rows of cells, which is what is virtualised.
import type { Schema } from '@/api/client.ts';
import { groupPictures } from '@/lib/near-identical.ts';

export type Hit = Schema<'Hit'>;

export type SectionKey = 'found' | 'explicit' | 'probable';

/** Of a track that is unfolded: with more one does not look through them here. */
export const TRACK_MOST = 300;

/** Of a picture that was fetched with its track nobody said which label it has. */
export type Shown = Omit<Hit, 'label'> & { label?: Hit['label'] | undefined };

export interface Cell {
    hit: Shown;
    section: SectionKey;
    /** Its place among all cells. */
    at: number;
    /** How many pictures it stands for: near-identical ones, or those of its track; 1 where it stands for itself. */
    stands: number;
    /** It was not found itself: it is there because its track was unfolded. */
    ofTrack: boolean;
    /** Of the first cell of several: what to fold and unfold them by. */
    stack: string | null;
    unfolded: boolean;
    /** What it stands for is on its way. */
    busy: boolean;
    /** How many pictures of its track are shown, the first ones, where that is not all of them. */
    first: number | null;
}

export type Row = { key: string; title: SectionKey } | { key: string; cells: readonly Cell[] };

export interface Layout {
    cells: readonly Cell[];
    rows: readonly Row[];
    /** The row of each cell. */
    rowOf: readonly number[];
}

export interface Section {
    key: SectionKey;
    hits: readonly Hit[];
}

export function columnsFor(width: number, least: number, gap: number): number {
    return Math.max(2, Math.floor((width + gap) / (least + gap)));
}

export interface TrackPictures {
    objects: readonly Schema<'TrackObjectList'>['objects'][number][];
    /** There are more. */
    more: boolean;
}

/** The pictures of tracks that are unfolded; null: on their way. One that could not be fetched is not there. */
export type Tracks = ReadonlyMap<string, TrackPictures | null>;

/** The tracks whose other pictures are to be fetched, with the stack of each. */
export function tracksToFetch(sections: readonly Section[], unfolded: ReadonlySet<string>): Map<string, string> {
    const tracks = new Map<string, string>();
    for (const { track, object, followed } of sections.flatMap(({ key, hits }) => (key === 'found' ? hits : [])))
        if (track !== null && followed !== undefined && followed.objects > 1 && unfolded.has(object))
            tracks.set(track, object);
    return tracks;
}

const NOTHING_ELSE: TrackPictures = { objects: [], more: false };

/** What else is of the track of a hit, in the order of time. */
function restOf(first: Hit, pictures: readonly Hit[], { objects }: TrackPictures): Shown[] {
    const shown = new Set(pictures.map(({ object }) => object));
    return objects
        .filter(({ id }) => !shown.has(id))
        .map(({ id, score, ...place }) => ({
            ...first,
            ...place,
            object: id,
            score,
            detector_score: score,
            confidence: undefined,
            followed: undefined,
            label: undefined,
        }));
}

/** The track, and of a divided one the part: something else was said of what is between two of them. */
function partOf({ track, followed }: Hit): string | null {
    return track === null ? null : `${track} ${followed?.first_us ?? ''}`;
}

/** Near-identical pictures, and those of one track, are one cell until they are unfolded. */
function cellsOf({ key, hits }: Section, unfolded: ReadonlySet<string>, tracks: Tracks, from: number): Cell[] {
    const cells = groupPictures(hits, partOf).flatMap(({ id, pictures }): Omit<Cell, 'at'>[] => {
        const [first] = pictures;
        // Of a label's tracks the parts that carry it are told, and no more is shown than was listed.
        const ofTrack = key === 'found' ? (first.followed?.objects ?? 1) : 1;
        const stands = Math.max(pictures.length, ofTrack);
        const cell = { section: key, ofTrack: false, busy: false, first: null };
        if (stands === 1) return [{ ...cell, hit: first, stands, stack: null, unfolded: false }];
        const fetched = ofTrack > 1 && first.track !== null ? tracks.get(first.track) : NOTHING_ELSE;
        if (!unfolded.has(id) || !fetched) {
            const most = ofTrack > TRACK_MOST ? TRACK_MOST : null;
            const busy = unfolded.has(id) && fetched === null;
            return [{ ...cell, hit: first, stands, stack: id, unfolded: false, busy, first: most }];
        }
        const all = [
            ...pictures.map(hit => ({ ...cell, hit })),
            ...restOf(first, pictures, fetched).map(hit => ({ ...cell, hit, ofTrack: true })),
        ];
        return all.map((one, index) => ({
            ...one,
            stands: 1,
            stack: index === 0 ? id : null,
            unfolded: true,
            first: fetched.more ? fetched.objects.length : null,
        }));
    });
    return cells.map((cell, index) => ({ ...cell, at: from + index }));
}

export function layOut(
    sections: readonly Section[],
    unfolded: ReadonlySet<string>,
    tracks: Tracks,
    perRow: number,
): Layout {
    const cells: Cell[] = [];
    const rows: Row[] = [];
    const rowOf: number[] = [];
    for (const section of sections) {
        if (section.hits.length === 0) continue;
        if (section.key !== 'found') rows.push({ key: `${section.key} title`, title: section.key });
        const own = cellsOf(section, unfolded, tracks, cells.length);
        for (let from = 0; from < own.length; from += perRow) {
            const inRow = own.slice(from, from + perRow);
            for (const { at } of inRow) rowOf[at] = rows.length;
            rows.push({ key: `${section.key} ${inRow[0]?.hit.object ?? ''}`, cells: inRow });
        }
        cells.push(...own);
    }
    return { cells, rows, rowOf };
}

/** Where a key leads from a cell; null: it leads nowhere. */
export function neighbourOf(at: number, key: string, { cells, rows, rowOf }: Layout): number | null {
    const vertical = (by: 1 | -1) => {
        const own = rows[rowOf[at] ?? -1];
        const column = own !== undefined && 'cells' in own ? own.cells.findIndex(cell => cell.at === at) : 0;
        for (let next = (rowOf[at] ?? 0) + by; next >= 0 && next < rows.length; next += by) {
            const row = rows[next];
            if (row !== undefined && 'cells' in row) return (row.cells[column] ?? row.cells.at(-1))?.at ?? null;
        }
        return null;
    };
    const exists = (place: number) => (place >= 0 && place < cells.length ? place : null);
    switch (key) {
        case 'ArrowRight':
            return exists(at + 1);
        case 'ArrowLeft':
            return exists(at - 1);
        case 'ArrowDown':
            return vertical(1);
        case 'ArrowUp':
            return vertical(-1);
        case 'Home':
            return exists(0);
        case 'End':
            return exists(cells.length - 1);
        default:
            return null;
    }
}
