import { useEffect } from 'react';
import { useBlocker, type Blocker } from 'react-router';

/** Keeps the person here while something would be lost: the browser asks itself, inside the application the caller does. */
export function useLeaveGuard(active: boolean): Blocker {
    useEffect(() => {
        if (!active) return;
        const ask = (event: BeforeUnloadEvent) => event.preventDefault();
        window.addEventListener('beforeunload', ask);
        return () => window.removeEventListener('beforeunload', ask);
    }, [active]);
    return useBlocker(
        ({ currentLocation, nextLocation }) => active && currentLocation.pathname !== nextLocation.pathname,
    );
}
