import { shownKeys } from '@/lib/keys.tsx';
import styles from './Kbd.module.css';

/** Keys of a shortcut, in lib/keys.tsx's form: <Kbd keys="Mod+z" />. */
export function Kbd({ keys }: { keys: string }) {
    return (
        <span className={styles.keys}>
            {shownKeys(keys).map(key => (
                <kbd key={key} className={styles.key}>
                    {key}
                </kbd>
            ))}
        </span>
    );
}
