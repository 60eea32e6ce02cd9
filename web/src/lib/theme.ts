// Light, dark, or as the system says. The choice is kept in this browser; public/theme.js applies it before the first paint.
import { useSyncExternalStore } from 'react';

export type ThemeChoice = 'system' | 'light' | 'dark';

const STORAGE_KEY = 'framehound.theme';
const listeners = new Set<() => void>();
const systemIsLight = globalThis.matchMedia('(prefers-color-scheme: light)');

let choice: ThemeChoice = stored();

function stored(): ThemeChoice {
    try {
        const value = localStorage.getItem(STORAGE_KEY);
        return value === 'light' || value === 'dark' ? value : 'system';
    } catch {
        return 'system';
    }
}

function apply() {
    const light = choice === 'light' || (choice === 'system' && systemIsLight.matches);
    document.documentElement.dataset.theme = light ? 'light' : 'dark';
    for (const listener of listeners) listener();
}

/** To be called once at the start. */
export function startTheme() {
    systemIsLight.addEventListener('change', apply);
    apply();
}

export function chooseTheme(next: ThemeChoice) {
    choice = next;
    try {
        if (next === 'system') localStorage.removeItem(STORAGE_KEY);
        else localStorage.setItem(STORAGE_KEY, next);
    } catch {
        // No storage: the choice holds until the page is closed.
    }
    apply();
}

function subscribe(listener: () => void) {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

export function useThemeChoice(): ThemeChoice {
    return useSyncExternalStore(subscribe, () => choice);
}
