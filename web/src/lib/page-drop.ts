import { useEffect, useEffectEvent, useState } from 'react';

function carriesFiles(event: DragEvent): boolean {
    return event.dataTransfer?.types.includes('Files') ?? false;
}

/**
 * Takes files that are dropped anywhere in the window, but not where something takes them itself (and prevents the
 * default); true while some are held over it.
 */
export function usePageDrop(onDrop: (files: readonly File[]) => void): boolean {
    const [isOver, setIsOver] = useState(false);
    const drop = useEffectEvent(onDrop);

    useEffect(() => {
        // Every element that is crossed sends enter and leave: the window is left when all of them were.
        let depth = 0;
        const set = (next: number) => {
            depth = Math.max(0, next);
            setIsOver(depth > 0);
        };
        const onEnter = (event: DragEvent) => {
            if (!carriesFiles(event)) return;
            event.preventDefault();
            set(depth + 1);
        };
        const onLeave = (event: DragEvent) => {
            if (carriesFiles(event)) set(depth - 1);
        };
        const onOver = (event: DragEvent) => {
            if (!carriesFiles(event)) return;
            event.preventDefault();
            if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'copy';
        };
        const onDropped = (event: DragEvent) => {
            if (!carriesFiles(event)) return;
            // Or the browser leaves the page and opens the file.
            const isTaken = event.defaultPrevented;
            event.preventDefault();
            set(0);
            if (!isTaken) drop([...(event.dataTransfer?.files ?? [])]);
        };
        window.addEventListener('dragenter', onEnter);
        window.addEventListener('dragleave', onLeave);
        window.addEventListener('dragover', onOver);
        window.addEventListener('drop', onDropped);
        return () => {
            window.removeEventListener('dragenter', onEnter);
            window.removeEventListener('dragleave', onLeave);
            window.removeEventListener('dragover', onOver);
            window.removeEventListener('drop', onDropped);
        };
    }, []);

    return isOver;
}
