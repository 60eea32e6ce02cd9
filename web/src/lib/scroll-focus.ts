import { useEffect, useRef, type RefObject } from 'react';

/**
 * For what scrolls and may have nothing in it that takes the focus: while there is more of it than fits, it takes the focus
 * itself, so that the keyboard can scroll it.
 */
export function useScrollFocus<Element extends HTMLElement>(): RefObject<Element | null> {
    const ref = useRef<Element>(null);
    const look = () => {
        const element = ref.current;
        if (element === null) return;
        if (element.scrollHeight > element.clientHeight) element.tabIndex = 0;
        else element.removeAttribute('tabindex');
    };
    // After every drawing: what is in it may have grown.
    useEffect(look);
    useEffect(() => {
        window.addEventListener('resize', look);
        return () => window.removeEventListener('resize', look);
    }, []);
    return ref;
}
