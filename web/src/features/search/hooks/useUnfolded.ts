import { useState } from 'react';
import { useLocation } from 'react-router';

const PREFIX = 'search.unfolded.';

function keptStacks(key: string): ReadonlySet<string> {
    return new Set(sessionStorage.getItem(PREFIX + key)?.split(' '));
}

/** The stacks that are shown picture by picture; who comes back to them finds them so. */
export function useUnfolded(): [ReadonlySet<string>, (...stacks: string[]) => void] {
    const { key } = useLocation();
    const [unfolded, setUnfolded] = useState(() => keptStacks(key));
    const toggle = (...stacks: string[]) => {
        const next = new Set(unfolded);
        for (const stack of stacks) if (!next.delete(stack)) next.add(stack);
        setUnfolded(next);
        sessionStorage.setItem(PREFIX + key, [...next].join(' '));
    };
    return [unfolded, toggle];
}
