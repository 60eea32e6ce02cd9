import { useEffect } from 'react';

/** Names the view in the browser's tab: "Street · Framehound". Missing parts are left out while they are loading. */
export function useTitle(...parts: (string | undefined)[]) {
    const title = [...parts.filter(Boolean), 'Framehound'].join(' · ');
    useEffect(() => {
        document.title = title;
    }, [title]);
}
