import { useState } from 'react';

/** A number that this browser remembers: how the person has arranged the view. */
export function useKept(name: string, fallback: number): [number, (value: number) => void] {
    const key = `framehound.${name}`;
    const [value, setValue] = useState(() => {
        try {
            const kept = Number(localStorage.getItem(key) ?? NaN);
            return Number.isFinite(kept) ? kept : fallback;
        } catch {
            return fallback;
        }
    });
    return [
        value,
        next => {
            setValue(next);
            try {
                localStorage.setItem(key, String(next));
            } catch {
                // No storage: it holds until the page is closed.
            }
        },
    ];
}
