// A grid of pictures as rows, which is what is virtualised.
import { cellsOf, groupPictures, type Cell } from './grouping.ts';
import type { Picture } from './picture.ts';

export interface Section {
    key: string;
    pictures: readonly Picture[];
}

export interface GridCell extends Cell {
    section: string;
    /** Its place among all cells, for the arrow keys. */
    at: number;
}

export interface GridRow {
    key: string;
    cells: readonly GridCell[];
}

export interface GridLayout {
    cells: readonly GridCell[];
    rows: readonly GridRow[];
    /** The row of each cell. */
    rowOf: readonly number[];
}

/** One section follows the other without a gap: pictures are grouped within their section only. */
export function layOut(sections: readonly Section[], unfolded: ReadonlySet<string>, perRow: number): GridLayout {
    const cells = sections
        .flatMap(({ key, pictures }) =>
            cellsOf(groupPictures(pictures), unfolded).map(cell => ({ ...cell, section: key })),
        )
        .map((cell, at): GridCell => ({ ...cell, at }));
    const rows: GridRow[] = [];
    for (let from = 0; from < cells.length; from += perRow) {
        const inRow = cells.slice(from, from + perRow);
        rows.push({ key: `${inRow[0]?.section ?? ''} ${inRow[0]?.key ?? ''}`, cells: inRow });
    }
    return { cells, rows, rowOf: cells.map(cell => Math.floor(cell.at / perRow)) };
}

export function columnsFor(width: number, cellLeast: number, gap: number): number {
    return Math.max(1, Math.floor((width + gap) / (cellLeast + gap)));
}

/** Where an arrow key leads; the same place at the ends. */
export function neighbourOf(at: number, key: string, { cells, rows, rowOf }: GridLayout): number | null {
    const last = cells.length - 1;
    const vertical = (by: 1 | -1) => {
        const row = rowOf[at] ?? 0;
        const x = rows[row]?.cells.findIndex(cell => cell.at === at) ?? 0;
        const there = rows[row + by]?.cells;
        return there?.[Math.min(x, there.length - 1)]?.at ?? at;
    };
    switch (key) {
        case 'ArrowRight':
            return Math.min(at + 1, last);
        case 'ArrowLeft':
            return Math.max(at - 1, 0);
        case 'ArrowDown':
            return vertical(1);
        case 'ArrowUp':
            return vertical(-1);
        case 'Home':
            return 0;
        case 'End':
            return last;
        default:
            return null;
    }
}
