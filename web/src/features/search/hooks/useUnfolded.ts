import { useState } from 'react';
import { useLocation } from 'react-router';

const PREFIX = 'search.unfolded.';

function keptStacks(key: string): ReadonlySet<string> {
    return new Set(sessionStorage.getItem(PREFIX + key)?.split(' '));
}

/** The stacks that are shown picture by picture; who comes back to them finds them so. */
export function useUnfolded(): [ReadonlySet<string>, (stack: string) => void] {
    const { key } = useLocation();
    const [unfolded, setUnfolded] = useState(() => keptStacks(key));
    const toggle = (stack: string) => {
        const next = new Set(unfolded);
        if (!next.delete(stack)) next.add(stack);
        setUnfolded(next);
        sessionStorage.setItem(PREFIX + key, [...next].join(' '));
    };
    return [unfolded, toggle];
}
