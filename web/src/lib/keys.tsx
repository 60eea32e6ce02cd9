// Keyboard shortcuts: components register them with useShortcut(), one listener serves them all, and the key map (`?`)
// lists what is registered at the moment.
//
//     useShortcut('k', 'Play or pause', togglePlay, { group: 'Player' });
//     useShortcut('Shift+ArrowLeft', 'Back ten frames', back, { group: 'Player', enabled: hasVideo });
//     useShortcut('Mod+z', 'Undo', undo, { group: 'Labels' });          Mod: Ctrl, or Cmd on a Mac
//
// Letters are written in lower case, named keys as KeyboardEvent.key has them, the space bar as "Space". Shortcuts are
// off while one types and while a dialog or a menu is open. Of two with the same keys, the one registered last counts.
import { useEffect, useEffectEvent, useId, useSyncExternalStore } from 'react';

export interface Shortcut {
    id: string;
    keys: string;
    description: string;
    group: string;
}

interface Registered extends Shortcut {
    run: (event: KeyboardEvent) => void;
    onlyListed: boolean;
}

interface Options {
    /** Heading in the key map. */
    group?: string;
    enabled?: boolean;
    /** For the key map only: what has the focus handles the key itself. */
    onlyListed?: boolean;
}

let registered: readonly Registered[] = [];
const listeners = new Set<() => void>();

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

function update(next: readonly Registered[]) {
    registered = next;
    for (const listener of listeners) listener();
}

/** The event in the form shortcuts are written in. Shift counts only where it does not already choose the character. */
export function keysOf(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>): string {
    const key = event.key === ' ' ? 'Space' : event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const shiftCounts = key.length > 1 || key !== key.toUpperCase();
    const mod = isMac ? event.metaKey : event.ctrlKey;
    const other = isMac ? event.ctrlKey : event.metaKey;
    return [mod && 'Mod', other && 'Other', event.altKey && 'Alt', event.shiftKey && shiftCounts && 'Shift', key]
        .filter(Boolean)
        .join('+');
}

const TYPING =
    'input:not([type=checkbox],[type=radio],[type=range],[type=button],[type=submit]), textarea, select, [contenteditable]:not([contenteditable=false])';
const PRESSABLE =
    'button, a[href], summary, [role=button], [role=menuitem], [role=tab], input[type=checkbox], input[type=radio]';

const MOVES_A_SLIDER = /^(Arrow|Page|Home$|End$)/;

/** Whether the key belongs to what has the focus, and not to a shortcut. */
function isTaken(event: KeyboardEvent): boolean {
    if (event.defaultPrevented || event.isComposing) return true;
    if (document.querySelector('dialog[open], [role=menu]') !== null) return true;
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest(TYPING)) return true;
    if (MOVES_A_SLIDER.test(event.key) && target?.matches('input[type=range], input[type=radio]')) return true;
    const presses = event.key === ' ' || event.key === 'Enter';
    return presses && target !== null && target.closest(PRESSABLE) !== null;
}

function onKeyDown(event: KeyboardEvent) {
    if (isTaken(event)) return;
    const keys = keysOf(event);
    const shortcut = registered.findLast(candidate => candidate.keys === keys && !candidate.onlyListed);
    if (shortcut === undefined) return;
    event.preventDefault();
    shortcut.run(event);
}

export function useShortcut(
    keys: string,
    description: string,
    handler: (event: KeyboardEvent) => void,
    options: Options = {},
) {
    const { group = 'General', enabled = true, onlyListed = false } = options;
    const id = useId();
    const run = useEffectEvent(handler);
    useEffect(() => {
        if (!enabled) return;
        if (registered.length === 0) window.addEventListener('keydown', onKeyDown);
        update([...registered, { id, keys, description, group, run: event => run(event), onlyListed }]);
        return () => {
            update(registered.filter(shortcut => shortcut.id !== id));
            if (registered.length === 0) window.removeEventListener('keydown', onKeyDown);
        };
    }, [id, keys, description, group, enabled, onlyListed]);
}

function subscribe(listener: () => void) {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

/** What is registered now, for the key map. */
export function useShortcuts(): readonly Shortcut[] {
    return useSyncExternalStore(subscribe, () => registered);
}

const SHOWN: Record<string, string> = {
    Mod: isMac ? '⌘' : 'Ctrl',
    ArrowLeft: '←',
    ArrowRight: '→',
    ArrowUp: '↑',
    ArrowDown: '↓',
    Escape: 'Esc',
    Delete: 'Del',
};

/** "Mod+z" → ["Ctrl", "Z"]. */
export function shownKeys(keys: string): string[] {
    const parts = keys === '+' ? ['+'] : keys.split('+').map(part => (part === '' ? '+' : part));
    return parts.map(part => SHOWN[part] ?? (part.length === 1 ? part.toUpperCase() : part));
}
