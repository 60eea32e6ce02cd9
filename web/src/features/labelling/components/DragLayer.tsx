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
    type DragMoveEvent,
    type KeyboardCoordinateGetter,
    type Modifier,
} from '@dnd-kit/core';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { ObjectThumb } from '@/components/ObjectThumb.tsx';
import type { Column } from '../model/columns.ts';
import { useLabelling } from '../hooks/useLabelling.ts';
import { useStageDrop } from '../hooks/useStageDrop.ts';
import {
    columnName,
    columnOf,
    doesOnto,
    DRAG_INSTRUCTIONS,
    draggedName,
    draggedOf,
    STAGE,
    type Dragged,
} from '../model/dragging.ts';
import { pictureName, type Picture } from '../model/picture.ts';
import styles from './DragLayer.module.css';

const OVERLAY_SIZE = 88;
/** On a tablet the columns may be below what is seen. Lists stand still: one drags out of them, not within. */
const AUTO_SCROLL = {
    threshold: { x: 0, y: 0.12 },
    canScroll: (element: Element) => element === document.scrollingElement,
};

/** With the pointer, what is under it; with the keyboard there is no pointer, and the nearest column counts. */
const collisions: CollisionDetection = input => {
    if (input.pointerCoordinates !== null) return pointerWithin(input);
    const columns = input.droppableContainers.filter(({ id }) => columnOf(id) !== null);
    return closestCenter({ ...input, droppableContainers: columns });
};

function pointOf(event: Event): { x: number; y: number } | null {
    const place = 'touches' in event ? (event as TouchEvent).touches[0] : (event as MouseEvent);
    return place === undefined || !('clientX' in place) ? null : { x: place.clientX, y: place.clientY };
}

/** A box of the player is taken wherever it is pressed, and its picture goes with the pointer. */
const toPointer: Modifier = ({ active, activatorEvent, draggingNodeRect, transform }) => {
    const at = active?.id === STAGE && activatorEvent !== null ? pointOf(activatorEvent) : null;
    if (at === null || draggingNodeRect === null) return transform;
    return {
        ...transform,
        x: transform.x + at.x - draggingNodeRect.left - OVERLAY_SIZE / 2,
        y: transform.y + at.y - draggingNodeRect.top - OVERLAY_SIZE / 2,
    };
};

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

function announcementsOf(target: () => Picture | null): Announcements {
    return {
        onDragStart: ({ active }) => `Picked up ${nameOf(active.data.current)}.`,
        onDragOver: ({ over }) => {
            const column = columnOf(over?.id);
            if (over?.id === STAGE) return 'Over the video.';
            return column === null ? 'Over no column.' : `Over the ${columnName(column)} column.`;
        },
        onDragEnd: ({ active, over }) => {
            const column = columnOf(over?.id);
            const name = nameOf(active.data.current);
            const onto = over?.id === STAGE ? target() : null;
            if (onto !== null) return `${name} was dropped onto ${pictureName(onto)}.`;
            return column === null
                ? `${name} was not moved.`
                : `${name} was put into the ${columnName(column)} column.`;
        },
        onDragCancel: ({ active }) => `Cancelled: ${nameOf(active.data.current)} was not moved.`,
    };
}

/** Dragging with mouse, touch and keyboard. */
export function DragLayer({ children }: { children: ReactNode }) {
    const { add } = useLabelling();
    const stage = useStageDrop();
    const [dragged, setDragged] = useState<Dragged | null>(null);
    const [target, setTarget] = useState<Picture | null>(null);
    /** The same, for what is said when it is dropped. */
    const onto = useRef<Picture | null>(null);
    const [announcements] = useState(() => announcementsOf(() => onto.current));
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

    const dragging = dragged !== null;
    useEffect(() => {
        if (!dragging) return undefined;
        // It ends the drag, and means nothing else then.
        const keep = (event: KeyboardEvent) => event.key === 'Escape' && event.preventDefault();
        window.addEventListener('keydown', keep, { capture: true });
        return () => window.removeEventListener('keydown', keep, { capture: true });
    }, [dragging]);

    function aim(what: Dragged | null, at: { x: number; y: number } | null) {
        onto.current = what === null ? null : stage.over(what, at);
        setTarget(onto.current);
    }

    function onDragMove({ active, activatorEvent, delta, over }: DragMoveEvent) {
        const from = over?.id === STAGE ? pointOf(activatorEvent) : null;
        const at = from === null ? null : { x: from.x + delta.x, y: from.y + delta.y };
        if (at !== null || onto.current !== null) aim(draggedOf(active.data.current), at);
    }

    function onDragEnd({ active, over }: DragEndEvent) {
        const column = columnOf(over?.id);
        const what = draggedOf(active.data.current);
        if (column !== null && what !== null) add(column, what.pictures);
        if (over?.id === STAGE && what !== null && onto.current !== null) stage.drop(what, onto.current);
        end();
    }

    function end() {
        setDragged(null);
        // What it was dropped onto is said a little later.
        if (dragged !== null) stage.over(dragged, null);
        setTarget(null);
    }

    return (
        <DndContext
            sensors={sensors}
            collisionDetection={collisions}
            autoScroll={AUTO_SCROLL}
            accessibility={{ announcements, screenReaderInstructions: { draggable: DRAG_INSTRUCTIONS } }}
            onDragStart={({ active }) => {
                onto.current = null;
                setDragged(draggedOf(active.data.current));
            }}
            onDragMove={onDragMove}
            onDragEnd={onDragEnd}
            onDragCancel={end}
        >
            {children}
            <DragOverlay dropAnimation={null} zIndex={45} modifiers={[toPointer]}>
                {dragged !== null && (
                    <div className={styles.overlay}>
                        <ObjectThumb object={dragged.pictures[0].object} alt="" size={OVERLAY_SIZE} />
                        {dragged.pictures.length > 1 && <span className={styles.count}>{dragged.pictures.length}</span>}
                        {target !== null && <span className={styles.does}>{doesOnto(dragged, target)}</span>}
                    </div>
                )}
            </DragOverlay>
        </DndContext>
    );
}
