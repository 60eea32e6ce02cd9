import { useId, type KeyboardEvent, type ReactNode } from 'react';
import styles from './Tabs.module.css';

interface Tab<Value extends string> {
    value: Value;
    label: string;
    /** Beside the label: a count. */
    note?: ReactNode;
}

interface Props<Value extends string> {
    label: string;
    tabs: readonly Tab<Value>[];
    value: Value;
    onChange: (value: Value) => void;
    /** The panel of the chosen tab. */
    children: ReactNode;
}

/** Tabs with their panel; the arrow keys choose. Which one is chosen belongs in the address (lib/url-state.ts). */
export function Tabs<Value extends string>({ label, tabs, value, onChange, children }: Props<Value>) {
    const id = useId();

    function onKeyDown(event: KeyboardEvent<HTMLDivElement>) {
        const at = tabs.findIndex(tab => tab.value === value);
        const moves: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 };
        const index = moves[event.key];
        const next = index === undefined ? undefined : tabs[(index + tabs.length) % tabs.length];
        if (next === undefined) return;
        event.preventDefault();
        onChange(next.value);
        event.currentTarget.querySelector<HTMLElement>(`[data-tab="${next.value}"]`)?.focus();
    }

    return (
        <div className={styles.tabs}>
            <div role="tablist" tabIndex={-1} aria-label={label} className={styles.list} onKeyDown={onKeyDown}>
                {tabs.map(tab => (
                    <button
                        key={tab.value}
                        type="button"
                        role="tab"
                        id={`${id}-${tab.value}`}
                        data-tab={tab.value}
                        aria-selected={tab.value === value}
                        aria-controls={`${id}-panel`}
                        tabIndex={tab.value === value ? 0 : -1}
                        className={styles.tab}
                        onClick={() => onChange(tab.value)}
                    >
                        {tab.label}
                        {tab.note !== undefined && <span className={styles.note}>{tab.note}</span>}
                    </button>
                ))}
            </div>
            <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${value}`} className={styles.panel}>
                {children}
            </div>
        </div>
    );
}
