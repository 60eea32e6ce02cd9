import { useEffect, useEffectEvent } from 'react';

/** Takes files that are pasted anywhere in the window, but not where something takes them itself. */
export function usePastedFiles(onFiles: (files: readonly File[]) => void) {
    const take = useEffectEvent(onFiles);
    useEffect(() => {
        const onPaste = (event: ClipboardEvent) => {
            const files = [...(event.clipboardData?.files ?? [])];
            if (files.length === 0 || event.defaultPrevented) return;
            event.preventDefault();
            take(files);
        };
        window.addEventListener('paste', onPaste);
        return () => window.removeEventListener('paste', onPaste);
    }, []);
}
