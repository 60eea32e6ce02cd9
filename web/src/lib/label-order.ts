// In which order labels are listed. The choice is kept in this browser, and holds for every list of labels in it.
import { useSyncExternalStore } from 'react';

export const LABEL_ORDERS = ['recent', 'name', 'count'] as const;
export type LabelOrder = (typeof LABEL_ORDERS)[number];

interface Listed {
    name: string;
    explicit: number;
    updated_at: string;
}

const STORAGE_KEY = 'framehound.label-order';
const listeners = new Set<() => void>();

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

const COMPARISONS: Record<LabelOrder, (a: Listed, b: Listed) => number> = {
    recent: (a, b) => Date.parse(b.updated_at) - Date.parse(a.updated_at),
    name: () => 0,
    count: (a, b) => b.explicit - a.explicit,
};

/** Equals by name, "box 9" before "box 10". */
export function orderedLabels<Label extends Listed>(labels: readonly Label[], order: LabelOrder): Label[] {
    return labels.toSorted((a, b) => COMPARISONS[order](a, b) || byName.compare(a.name, b.name));
}

export function labelOrder(): LabelOrder {
    try {
        const stored = localStorage.getItem(STORAGE_KEY);
        return LABEL_ORDERS.find(order => order === stored) ?? 'recent';
    } catch {
        return 'recent';
    }
}

export function chooseLabelOrder(order: LabelOrder) {
    try {
        localStorage.setItem(STORAGE_KEY, order);
    } catch {
        // No storage: they stay in the order they are in.
    }
    for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
    listeners.add(listener);
    // Chosen in another window.
    window.addEventListener('storage', listener);
    return () => {
        listeners.delete(listener);
        window.removeEventListener('storage', listener);
    };
}

export function useLabelOrder(): LabelOrder {
    return useSyncExternalStore(subscribe, labelOrder);
}
