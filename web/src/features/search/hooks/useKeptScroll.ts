import { useEffect, useRef } from 'react';
import { useLocation } from 'react-router';

const PREFIX = 'search.scroll.';
// Fewer are no place worth keeping, and differences of rounding are none.
const NEAR_PX = 4;

function keptPlace(key: string): number {
    return Number(sessionStorage.getItem(PREFIX + key) ?? 0);
}

/** Who comes back to a list that grows as one scrolls finds it where it was. `height`: anything that grows with it. */
export function useKeptScroll(height: number) {
    const { key } = useLocation();
    /** Where it has to get to, as soon as the list is long enough; null when it is there or the person scrolls. */
    const wanted = useRef<{ key: string; top: number } | null>(null);

    useEffect(() => {
        const top = keptPlace(key);
        wanted.current = top > NEAR_PX ? { key, top } : null;
        const leave = () => (wanted.current = null);
        const keep = () => {
            if (wanted.current === null) sessionStorage.setItem(PREFIX + key, String(Math.round(window.scrollY)));
        };
        const own = ['wheel', 'touchmove', 'keydown', 'pointerdown'];
        for (const kind of own) window.addEventListener(kind, leave, { passive: true });
        window.addEventListener('scroll', keep, { passive: true });
        return () => {
            for (const kind of own) window.removeEventListener(kind, leave);
            window.removeEventListener('scroll', keep);
        };
    }, [key]);

    useEffect(() => {
        if (wanted.current === null || height === 0) return;
        // After whatever the change of views does with the window.
        const frame = requestAnimationFrame(() => {
            if (wanted.current?.key !== key) return;
            window.scrollTo(0, wanted.current.top);
            if (Math.abs(window.scrollY - wanted.current.top) <= NEAR_PX) wanted.current = null;
        });
        return () => cancelAnimationFrame(frame);
    }, [key, height]);
}
