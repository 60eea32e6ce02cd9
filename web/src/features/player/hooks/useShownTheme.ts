import { useSyncExternalStore } from 'react';

function subscribe(listener: () => void): () => void {
    const observer = new MutationObserver(listener);
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => observer.disconnect();
}

/** The theme that is shown now: canvases have to be drawn anew when it changes. */
export function useShownTheme(): string {
    return useSyncExternalStore(subscribe, () => document.documentElement.dataset.theme ?? '');
}
