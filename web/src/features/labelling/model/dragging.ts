// What is dragged, and what is said about it to those who cannot see it.
import type { Column } from './columns.ts';
import { pictureName, type Picture } from './picture.ts';

export interface Dragged {
    pictures: readonly [Picture, ...Picture[]];
}

export function draggedOf(data: unknown): Dragged | null {
    if (typeof data !== 'object' || data === null || !('pictures' in data)) return null;
    const { pictures } = data;
    return Array.isArray(pictures) && pictures.length > 0 ? (data as Dragged) : null;
}

export function columnOf(id: unknown): Column | null {
    return id === 'positive' || id === 'negative' ? id : null;
}

export function columnName(column: Column): string {
    return column === 'positive' ? 'Yes' : 'No';
}

export function draggedName({ pictures }: Dragged): string {
    return pictures.length === 1 ? pictureName(pictures[0]) : `${pictures.length} pictures`;
}

export const DRAG_INSTRUCTIONS =
    'Press Space to pick it up, choose the Yes or the No column with the left and right arrow keys, and press Space to drop it. Escape cancels. P and N put it into Yes and No without dragging, Enter shows it in its video.';
