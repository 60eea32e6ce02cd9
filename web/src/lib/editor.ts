// Who says what is said in this browser: a name that goes with every change of labels and tracks, so that others know whom to
// ask. Kept in this browser, for all its windows; '' where nobody gave one.
import { useSyncExternalStore } from 'react';

const STORAGE_KEY = 'framehound.editor';
/** As long as the server takes it. */
export const EDITOR_LENGTH_MOST = 100;
const listeners = new Set<() => void>();

let name = stored();

function stored(): string {
    try {
        return cleanEditorName(localStorage.getItem(STORAGE_KEY) ?? '');
    } catch {
        return '';
    }
}

/** As it is told: on one line, without spaces around it, and no longer than the server takes it. */
export function cleanEditorName(text: string): string {
    // eslint-disable-next-line no-control-regex -- what the server refuses
    const line = text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
    return [...line].slice(0, EDITOR_LENGTH_MOST).join('').trim();
}

export function chooseEditorName(next: string) {
    name = cleanEditorName(next);
    try {
        if (name === '') localStorage.removeItem(STORAGE_KEY);
        else localStorage.setItem(STORAGE_KEY, name);
    } catch {
        // No storage: the name holds until the page is closed.
    }
    for (const listener of listeners) listener();
}

/** For requests; undefined where nobody gave a name. */
export function editorName(): string | undefined {
    return name === '' ? undefined : name;
}

function subscribe(listener: () => void) {
    // Given in another window.
    function onStorage({ key }: StorageEvent) {
        if (key !== STORAGE_KEY && key !== null) return;
        name = stored();
        listener();
    }
    listeners.add(listener);
    window.addEventListener('storage', onStorage);
    return () => {
        listeners.delete(listener);
        window.removeEventListener('storage', onStorage);
    };
}

export function useEditorName(): string {
    return useSyncExternalStore(subscribe, () => name);
}
