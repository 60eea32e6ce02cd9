import { useDraggable, useDroppable } from '@dnd-kit/core';
import { useState, type MouseEvent, type ReactNode } from 'react';
import { useLabelling } from '../hooks/useLabelling.ts';
import { STAGE } from '../model/dragging.ts';
import type { Picture } from '../model/picture.ts';

interface Props {
    className?: string | undefined;
    children: ReactNode;
}

/**
 * Around the player: its boxes can be dragged with the mouse, into a column or onto one another, and pictures can be
 * dropped onto them. Keys have other ways to all of it.
 */
export function StageDrag({ className, children }: Props) {
    const { stage, tracked, picking } = useLabelling();
    const [held, setHeld] = useState<Picture | null>(null);
    const draggable = useDraggable({ id: STAGE, data: { pictures: held === null ? [] : [held] } });
    const droppable = useDroppable({ id: STAGE, disabled: !tracked });

    function onMouseDown(event: MouseEvent) {
        if (picking !== null || !(event.target instanceof HTMLCanvasElement)) return;
        const box = stage.boxAt(event.clientX, event.clientY);
        setHeld(box);
        if (box !== null) (draggable.listeners?.onMouseDown as ((event: MouseEvent) => void) | undefined)?.(event);
    }

    return (
        // eslint-disable-next-line jsx-a11y/no-static-element-interactions -- the boxes are in a list beside it, with keys
        <div
            ref={element => {
                draggable.setNodeRef(element);
                droppable.setNodeRef(element);
            }}
            className={className}
            onMouseDown={onMouseDown}
        >
            {children}
        </div>
    );
}
