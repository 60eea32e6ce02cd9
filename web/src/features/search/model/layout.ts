// Results as rows of cells, which is what is virtualised.
import type { Schema } from '@/api/client.ts';
import { groupPictures } from '@/lib/near-identical.ts';

export type Hit = Schema<'Hit'>;

export type SectionKey = 'found' | 'explicit' | 'probable';

export interface Cell {
    hit: Hit;
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

/** The pictures of tracks that were fetched because they are unfolded. */
export type Tracks = ReadonlyMap<string, readonly Schema<'TrackObjectList'>['objects'][number][]>;

/** The tracks of these stacks whose other pictures are to be fetched. */
export function tracksToFetch(sections: readonly Section[], unfolded: ReadonlySet<string>): string[] {
    const tracks = new Set<string>();
    for (const { track, object, followed } of sections.flatMap(({ hits }) => hits))
        if (track !== null && followed !== undefined && followed.objects > 1 && unfolded.has(object)) tracks.add(track);
    return [...tracks];
}

/** What else is of the track of a hit, in the order of time. */
function restOf(first: Hit, pictures: readonly Hit[], tracks: Tracks): Hit[] {
    const shown = new Set(pictures.map(({ object }) => object));
    const others = (first.track === null ? undefined : tracks.get(first.track)) ?? [];
    return others
        .filter(({ id }) => !shown.has(id))
        .map(({ id, score, ...place }) => ({
            ...first,
            ...place,
            object: id,
            score,
            detector_score: score,
            confidence: undefined,
            followed: undefined,
            label: null,
        }));
}

/** Near-identical pictures, and those of one track, are one cell until they are unfolded. */
function cellsOf({ key, hits }: Section, unfolded: ReadonlySet<string>, tracks: Tracks, from: number): Cell[] {
    const cells = groupPictures(hits).flatMap(({ id, pictures }): Omit<Cell, 'at'>[] => {
        const [first] = pictures;
        const stands = Math.max(pictures.length, first.followed?.objects ?? 1);
        const cell = { section: key, ofTrack: false };
        if (stands === 1 || !unfolded.has(id))
            return [{ ...cell, hit: first, stands, stack: stands > 1 ? id : null, unfolded: false }];
        const all = [
            ...pictures.map(hit => ({ ...cell, hit })),
            ...restOf(first, pictures, tracks).map(hit => ({ ...cell, hit, ofTrack: true })),
        ];
        return all.map((one, index) => ({ ...one, stands: 1, stack: index === 0 ? id : null, unfolded: true }));
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
