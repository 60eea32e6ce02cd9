import { useEffect, useState, type RefObject } from 'react';

/** The width of an element's content, as it changes. */
export function useElementWidth(ref: RefObject<HTMLElement | null>, initial: number): number {
    const [width, setWidth] = useState(initial);
    useEffect(() => {
        const element = ref.current;
        if (element === null || typeof ResizeObserver === 'undefined') return;
        const observer = new ResizeObserver(([entry]) => {
            if (entry !== undefined) setWidth(Math.floor(entry.contentRect.width));
        });
        observer.observe(element);
        return () => observer.disconnect();
    }, [ref]);
    return width;
}
