import { useCallback, useState, useSyncExternalStore } from 'react';
import type { Size } from '../model/geometry.ts';

/** The size of an element in CSS pixels, and the ref to put on it. */
export function useElementSize(): [Size, (element: HTMLElement | null) => (() => void) | undefined] {
    const [size, setSize] = useState<Size>({ width: 0, height: 0 });
    const ref = useCallback((element: HTMLElement | null) => {
        if (element === null) return undefined;
        const measure = () => {
            const { clientWidth: width, clientHeight: height } = element;
            setSize(old => (old.width === width && old.height === height ? old : { width, height }));
        };
        const observer = new ResizeObserver(measure);
        observer.observe(element);
        measure();
        return () => observer.disconnect();
    }, []);
    return [size, ref];
}

function subscribeToRatio(listener: () => void): () => void {
    // A query holds for one ratio only: after a change another one has to be asked.
    let ends = new AbortController();
    const watch = () => {
        ends = new AbortController();
        const changed = () => {
            ends.abort();
            watch();
            listener();
        };
        matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener('change', changed, ends);
    };
    watch();
    return () => ends.abort();
}

/** Device pixels per CSS pixel; changes with the browser's zoom and with the screen. */
export function usePixelRatio(): number {
    return useSyncExternalStore(subscribeToRatio, () => devicePixelRatio);
}
