import { useEffect, useRef, useState, type RefObject } from 'react';

/** Whether the element has come near the window, once: what is far below need not be fetched. */
export function useSeen<Element extends HTMLElement>(): [RefObject<Element | null>, boolean] {
    const ref = useRef<Element>(null);
    const [isSeen, setIsSeen] = useState(typeof IntersectionObserver === 'undefined');
    useEffect(() => {
        if (isSeen || ref.current === null) return;
        const observer = new IntersectionObserver(
            entries => {
                if (entries.some(entry => entry.isIntersecting)) setIsSeen(true);
            },
            { rootMargin: '300px' },
        );
        observer.observe(ref.current);
        return () => observer.disconnect();
    }, [isSeen]);
    return [ref, isSeen];
}
