// In which order labels are listed. The choice is kept in this browser, for every list that offers it.
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

/** The greater comes first. */
const WEIGHTS: Record<LabelOrder, (label: Listed) => number> = {
    recent: label => Date.parse(label.updated_at),
    name: () => 0,
    count: label => label.explicit,
};

/** Equals by name, "box 9" before "box 10". */
export function orderedLabels<Label extends Listed>(labels: readonly Label[], order: LabelOrder): Label[] {
    // Reading a time costs more than all the rest, and there may be thousands.
    return labels
        .map(label => ({ label, weight: WEIGHTS[order](label) }))
        .sort((a, b) => b.weight - a.weight || byName.compare(a.label.name, b.label.name))
        .map(({ label }) => label);
}

let order = stored();

function stored(): LabelOrder {
    try {
        const value = localStorage.getItem(STORAGE_KEY);
        return LABEL_ORDERS.find(one => one === value) ?? 'recent';
    } catch {
        return 'recent';
    }
}

export function chooseLabelOrder(next: LabelOrder) {
    order = next;
    try {
        localStorage.setItem(STORAGE_KEY, next);
    } catch {
        // No storage: the choice holds until the page is closed.
    }
    for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
    // Chosen in another window.
    function onStorage({ key }: StorageEvent) {
        if (key !== STORAGE_KEY && key !== null) return;
        order = stored();
        listener();
    }
    listeners.add(listener);
    window.addEventListener('storage', onStorage);
    return () => {
        listeners.delete(listener);
        window.removeEventListener('storage', onStorage);
    };
}

export function useLabelOrder(): LabelOrder {
    return useSyncExternalStore(subscribe, () => order);
}
