// Whether the server answers. Every request reports what became of it; while there is no answer, /healthz is asked until
// there is one again.
import { useSyncExternalStore } from 'react';

export type Connection = 'connected' | 'lost';

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 10_000;

let state: Connection = 'connected';
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function set(next: Connection) {
    if (state === next) return;
    state = next;
    for (const listener of listeners) listener();
}

function askAgainIn(delay: number) {
    timer = setTimeout(() => {
        void (async () => {
            try {
                const answer = await fetch('/healthz', { cache: 'no-store' });
                if (!answer.ok) throw new Error(answer.statusText);
                timer = undefined;
                set('connected');
            } catch {
                askAgainIn(Math.min(delay * 2, LONGEST_DELAY_MS));
            }
        })();
    }, delay);
}

/** To be called where a request got an answer, whichever. */
export function reportAnswer() {
    clearTimeout(timer);
    timer = undefined;
    set('connected');
}

/** To be called where a request got none. */
export function reportNoAnswer() {
    set('lost');
    if (timer === undefined) askAgainIn(FIRST_DELAY_MS);
}

export function connection(): Connection {
    return state;
}

export function onConnectionChange(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

export function useConnection(): Connection {
    return useSyncExternalStore(onConnectionChange, connection);
}
