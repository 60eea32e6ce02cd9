import {
    closestCenter,
    DndContext,
    DragOverlay,
    KeyboardSensor,
    MouseSensor,
    pointerWithin,
    TouchSensor,
    useSensor,
    useSensors,
    type Announcements,
    type CollisionDetection,
    type DragEndEvent,
    type KeyboardCoordinateGetter,
} from '@dnd-kit/core';
import { useState, type ReactNode } from 'react';
import { ObjectThumb } from '@/components/ObjectThumb.tsx';
import type { Column } from '../model/columns.ts';
import { columnName, columnOf, DRAG_INSTRUCTIONS, draggedName, draggedOf, type Dragged } from '../model/dragging.ts';
import type { Picture } from '../model/picture.ts';
import styles from './DragLayer.module.css';

const OVERLAY_SIZE = 88;
/** On a tablet the columns may be below what is seen. Lists stand still: one drags out of them, not within. */
const AUTO_SCROLL = {
    threshold: { x: 0, y: 0.12 },
    canScroll: (element: Element) => element === document.scrollingElement,
};

/** With the pointer, the column under it; with the keyboard there is no pointer, and the nearest column counts. */
const collisions: CollisionDetection = input =>
    input.pointerCoordinates === null ? closestCenter(input) : pointerWithin(input);

/** Arrow keys go from column to column. */
const columnCoordinates: KeyboardCoordinateGetter = (event, { context }) => {
    const columns: Partial<Record<string, Column>> = {
        ArrowLeft: 'positive',
        ArrowUp: 'positive',
        ArrowRight: 'negative',
        ArrowDown: 'negative',
    };
    const column = columns[event.code];
    const target = column === undefined ? undefined : context.droppableRects.get(column);
    const moved = context.collisionRect;
    if (target === undefined || moved === null) return undefined;
    event.preventDefault();
    return {
        x: target.left + (target.width - moved.width) / 2,
        y: target.top + (target.height - moved.height) / 2,
    };
};

const nameOf = (data: unknown) => {
    const dragged = draggedOf(data);
    return dragged === null ? 'The picture' : draggedName(dragged);
};

const announcements: Announcements = {
    onDragStart: ({ active }) => `Picked up ${nameOf(active.data.current)}.`,
    onDragOver: ({ over }) => {
        const column = columnOf(over?.id);
        return column === null ? 'Over no column.' : `Over the ${columnName(column)} column.`;
    },
    onDragEnd: ({ active, over }) => {
        const column = columnOf(over?.id);
        const name = nameOf(active.data.current);
        return column === null ? `${name} was not moved.` : `${name} was put into the ${columnName(column)} column.`;
    },
    onDragCancel: ({ active }) => `Cancelled: ${nameOf(active.data.current)} was not moved.`,
};

interface Props {
    add: (column: Column, pictures: readonly Picture[]) => void;
    children: ReactNode;
}

/** Dragging with mouse, touch and keyboard. */
export function DragLayer({ add, children }: Props) {
    const [dragged, setDragged] = useState<Dragged | null>(null);
    const sensors = useSensors(
        useSensor(MouseSensor, { activationConstraint: { distance: 5 } }),
        // A short hold, so that a swipe still scrolls.
        useSensor(TouchSensor, { activationConstraint: { delay: 180, tolerance: 8 } }),
        useSensor(KeyboardSensor, {
            keyboardCodes: { start: ['Space'], cancel: ['Escape'], end: ['Space', 'Enter'] },
            coordinateGetter: columnCoordinates,
            scrollBehavior: 'auto',
        }),
    );

    function onDragEnd({ active, over }: DragEndEvent) {
        setDragged(null);
        const column = columnOf(over?.id);
        const what = draggedOf(active.data.current);
        if (column !== null && what !== null) add(column, what.pictures);
    }

    return (
        <DndContext
            sensors={sensors}
            collisionDetection={collisions}
            autoScroll={AUTO_SCROLL}
            accessibility={{ announcements, screenReaderInstructions: { draggable: DRAG_INSTRUCTIONS } }}
            onDragStart={({ active }) => setDragged(draggedOf(active.data.current))}
            onDragEnd={onDragEnd}
            onDragCancel={() => setDragged(null)}
        >
            {children}
            <DragOverlay dropAnimation={null} zIndex={45}>
                {dragged !== null && (
                    <div className={styles.overlay}>
                        <ObjectThumb object={dragged.pictures[0].object} alt="" size={OVERLAY_SIZE} />
                        {dragged.pictures.length > 1 && <span className={styles.count}>{dragged.pictures.length}</span>}
                    </div>
                )}
            </DragOverlay>
        </DndContext>
    );
}
