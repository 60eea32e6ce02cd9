// A grid of pictures as rows, which is what is virtualised.
import { cellsOf, groupPictures, type Cell } from './grouping.ts';
import type { Picture } from './picture.ts';

export interface Section {
    key: string;
    /** Shown above its pictures. */
    title?: string;
    pictures: readonly Picture[];
}

export interface GridCell extends Cell {
    section: string;
    /** Its place among all cells, for the arrow keys. */
    at: number;
}

export type GridRow = { key: string; title: string } | { key: string; cells: readonly GridCell[] };

export interface GridLayout {
    cells: readonly GridCell[];
    rows: readonly GridRow[];
    /** The row of each cell. */
    rowOf: readonly number[];
}

export function layOut(sections: readonly Section[], unfolded: ReadonlySet<string>, perRow: number): GridLayout {
    const cells: GridCell[] = [];
    const rows: GridRow[] = [];
    const rowOf: number[] = [];
    for (const { key, title, pictures } of sections) {
        if (pictures.length === 0) continue;
        if (title !== undefined) rows.push({ key: `${key} title`, title });
        const own = cellsOf(groupPictures(pictures), unfolded).map((cell, index) => ({
            ...cell,
            section: key,
            at: cells.length + index,
        }));
        for (let from = 0; from < own.length; from += perRow) {
            const inRow = own.slice(from, from + perRow);
            for (const cell of inRow) rowOf[cell.at] = rows.length;
            rows.push({ key: `${key} ${inRow[0]?.key ?? ''}`, cells: inRow });
        }
        cells.push(...own);
    }
    return { cells, rows, rowOf };
}

export function columnsFor(width: number, cellLeast: number, gap: number): number {
    return Math.max(1, Math.floor((width + gap) / (cellLeast + gap)));
}

/** Where an arrow key leads; the same place at the ends. */
export function neighbourOf(at: number, key: string, { cells, rows, rowOf }: GridLayout): number | null {
    const last = cells.length - 1;
    const column = (row: number) => {
        const entry = rows[row];
        return entry !== undefined && 'cells' in entry ? entry.cells : null;
    };
    const vertical = (by: 1 | -1) => {
        const row = rowOf[at] ?? 0;
        const x = column(row)?.findIndex(cell => cell.at === at) ?? 0;
        for (let next = row + by; next >= 0 && next < rows.length; next += by) {
            const there = column(next);
            if (there !== null) return there[Math.min(x, there.length - 1)]?.at ?? at;
        }
        return at;
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
