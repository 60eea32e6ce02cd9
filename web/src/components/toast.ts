// Short messages about what was done. toast('Label saved', { action: { label: 'Undo', run: undo } });
import { useSyncExternalStore } from 'react';

export interface Toast {
    id: number;
    text: string;
    kind: 'info' | 'success' | 'error';
    action?: { label: string; run: () => void };
    /** A later message of the same key takes its place. */
    key?: string;
    /** What it says instead while the server answers: the text is about one that does not. */
    onceAnswered?: string;
}

const SHOWN_MOST = 3;
const INFO_MS = 6000;
// There is more to read, or something to decide.
const LONG_MS = 12_000;

/** Key of messages about what was done, undone and done again: only the last one is true. */
export const STEP_TOAST = 'step';

/** Key of messages about what a video does now. */
export const videoToast = (video: string) => `video ${video}`;

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]) {
    toasts = next;
    for (const listener of listeners) listener();
}

export function dismissToast(id: number) {
    set(toasts.filter(toast => toast.id !== id));
}

export function toast(
    text: string,
    options: Partial<Pick<Toast, 'kind' | 'action' | 'key' | 'onceAnswered'>> = {},
): number {
    lastId += 1;
    const id = lastId;
    const { kind = 'info', action, key, onceAnswered } = options;
    // So does the same message again.
    const kept = toasts.filter(other => other.text !== text && (key === undefined || other.key !== key));
    set([...kept, { id, text, kind, action, key, onceAnswered }].slice(-SHOWN_MOST));
    setTimeout(() => dismissToast(id), kind === 'error' || action !== undefined ? LONG_MS : INFO_MS);
    return id;
}

function subscribe(listener: () => void) {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

export function useToasts(): readonly Toast[] {
    return useSyncExternalStore(subscribe, () => toasts);
}
