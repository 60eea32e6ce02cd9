import { useState, type ReactNode } from 'react';
import { useSentence } from '@/api/use-sentence.ts';
import { Button } from './Button.tsx';
import { Dialog } from './Dialog.tsx';
import styles from './ConfirmDialog.module.css';

interface Props {
    title: string;
    /** What will happen, and what will be lost. */
    children: ReactNode;
    /** What the button does, as a verb: "Delete video". */
    confirm: string;
    danger?: boolean;
    /** Runs on confirmation; while its promise is pending the button shows it, and its failure is shown here. */
    onConfirm: () => Promise<unknown>;
    onClose: () => void;
}

export function ConfirmDialog({ title, children, confirm, danger = false, onConfirm, onClose }: Props) {
    const [busy, setBusy] = useState(false);
    const [error, setError] = useState<unknown>();
    const sentence = useSentence(error);

    async function run() {
        setBusy(true);
        setError(undefined);
        try {
            await onConfirm();
            onClose();
        } catch (failure) {
            setError(failure);
            setBusy(false);
        }
    }

    return (
        <Dialog
            title={title}
            size="s"
            onClose={onClose}
            actions={
                <>
                    <Button onClick={onClose}>Cancel</Button>
                    <Button variant={danger ? 'danger' : 'primary'} busy={busy} onClick={() => void run()}>
                        {confirm}
                    </Button>
                </>
            }
        >
            {children}
            <p role="alert" className={styles.error}>
                {sentence}
            </p>
        </Dialog>
    );
}
