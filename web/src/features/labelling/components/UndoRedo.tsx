import { IconButton } from '@/components/IconButton.tsx';
import { RedoIcon, UndoIcon } from '@/components/icons.tsx';
import { useShortcut } from '@/lib/keys.tsx';
import { useLabelling } from '../hooks/useLabelling.ts';
import { stepText } from '../model/steps.ts';
import styles from './UndoRedo.module.css';

/** Undo and redo of labelling steps, with what they would do. */
export function UndoRedo() {
    const { labels, changes, takeBackRef } = useLabelling();
    const { undo, redo } = labels.data ?? { undo: null, redo: null };
    const text = undo === null ? null : `Last: ${stepText(undo)}`;
    const runUndo = () => {
        // An answer that was not sent yet is taken back here, everything else by the server.
        if (takeBackRef.current?.() !== true && undo !== null) void changes.undo();
    };
    const runRedo = () => {
        if (redo !== null) void changes.redo();
    };
    useShortcut('Mod+z', 'Undo the last labelling step', runUndo, { group: 'Labelling' });
    useShortcut('Mod+Shift+z', 'Redo', runRedo, { group: 'Labelling' });
    useShortcut('Mod+y', 'Redo', runRedo, { group: 'Labelling' });
    return (
        <div className={styles.buttons} role="group" aria-label="Labelling steps">
            <IconButton
                label={undo === null ? 'Nothing to undo' : `Undo: ${stepText(undo)}`}
                shortcut="Mod+z"
                icon={<UndoIcon />}
                aria-disabled={undo === null || undefined}
                className={styles.button}
                onClick={runUndo}
            />
            <IconButton
                label={redo === null ? 'Nothing to redo' : `Redo: ${stepText(redo)}`}
                shortcut="Mod+Shift+z"
                icon={<RedoIcon />}
                aria-disabled={redo === null || undefined}
                className={styles.button}
                onClick={runRedo}
            />
            <span role="status" className={styles.status}>
                {text !== null && (
                    <span key={text} className={styles.last} title={text}>
                        {text}
                    </span>
                )}
            </span>
        </div>
    );
}
