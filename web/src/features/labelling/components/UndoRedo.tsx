import { IconButton } from '@/components/IconButton.tsx';
import { RedoIcon, UndoIcon } from '@/components/icons.tsx';
import { useShortcut } from '@/lib/keys.tsx';
import { useSteps } from '../hooks/useSteps.ts';
import styles from './UndoRedo.module.css';

/** Undo and redo of labels and of corrections of tracks, with what they would do. */
export function UndoRedo() {
    const { undoes, redoes, wasSaid, undo, redo } = useSteps();
    const text = undoes === null ? null : `Last: ${undoes}`;
    useShortcut('Mod+z', 'Undo the last step', undo, { group: 'Labelling' });
    useShortcut('Mod+Shift+z', 'Redo', redo, { group: 'Labelling' });
    useShortcut('Mod+y', 'Redo', redo, { group: 'Labelling' });
    return (
        <div className={styles.buttons} role="group" aria-label="Labelling steps">
            <IconButton
                label={undoes === null ? 'Nothing to undo' : `Undo: ${undoes}`}
                shortcut="Mod+z"
                icon={<UndoIcon />}
                aria-disabled={undoes === null || undefined}
                className={styles.button}
                onClick={undo}
            />
            <IconButton
                label={redoes === null ? 'Nothing to redo' : `Redo: ${redoes}`}
                shortcut="Mod+Shift+z"
                icon={<RedoIcon />}
                aria-disabled={redoes === null || undefined}
                className={styles.button}
                onClick={redo}
            />
            <span role="status" aria-live={wasSaid ? 'off' : 'polite'} className={styles.status}>
                {text !== null && (
                    <span key={text} className={styles.last} title={text}>
                        {text}
                    </span>
                )}
            </span>
        </div>
    );
}
