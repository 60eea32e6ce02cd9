import { useShortcuts, type Shortcut } from '@/lib/keys.tsx';
import { Dialog } from './Dialog.tsx';
import { Kbd } from './Kbd.tsx';
import styles from './KeyMapDialog.module.css';

/** Shortcuts by group; of one description with several keys, one line with all of them. */
function grouped(shortcuts: readonly Shortcut[]): [string, [string, string[]][]][] {
    const groups = new Map<string, Map<string, string[]>>();
    for (const { group, description, keys } of shortcuts) {
        const lines = groups.get(group) ?? new Map<string, string[]>();
        groups.set(group, lines);
        const known = lines.get(description) ?? [];
        if (!known.includes(keys)) known.push(keys);
        lines.set(description, known);
    }
    // What belongs to this view first, what is everywhere last.
    return [...groups.entries()]
        .sort(([a], [b]) => Number(a === 'General') - Number(b === 'General'))
        .map(([group, lines]) => [group, [...lines.entries()]]);
}

/** The key map: every shortcut that works in the view as it is now. */
export function KeyMapDialog({ onClose }: { onClose: () => void }) {
    return (
        <Dialog title="Keyboard shortcuts" size="l" onClose={onClose}>
            <div className={styles.groups}>
                {grouped(useShortcuts()).map(([group, lines]) => (
                    <section key={group} className={styles.group}>
                        <h3>{group}</h3>
                        <dl>
                            {lines.map(([description, all]) => (
                                <div key={description} className={styles.line}>
                                    <dt>{description}</dt>
                                    <dd className={styles.keys}>
                                        {all.map(keys => (
                                            <Kbd key={keys} keys={keys} />
                                        ))}
                                    </dd>
                                </div>
                            ))}
                        </dl>
                    </section>
                ))}
            </div>
        </Dialog>
    );
}
