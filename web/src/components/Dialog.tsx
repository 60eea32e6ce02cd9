import { useEffect, useEffectEvent, useId, useRef, type ReactNode } from 'react';
import { classNames } from '@/lib/class-names.ts';
import { useScrollFocus } from '@/lib/scroll-focus.ts';
import { IconButton } from './IconButton.tsx';
import { CloseIcon } from './icons.tsx';
import styles from './Dialog.module.css';

interface Props {
    title: string;
    /** Asked for by Escape, the close button, or a press outside; the caller takes the dialog away. */
    onClose: () => void;
    /** Buttons at the bottom. */
    actions?: ReactNode;
    size?: 's' | 'm' | 'l';
    /** A press outside does not close: for forms with something typed in them. */
    keepOpen?: boolean;
    children: ReactNode;
}

/** A modal dialog; it is open while it is rendered. The focus goes in, stays in, and returns to where it was. */
export function Dialog({ title, onClose, actions, size = 'm', keepOpen = false, children }: Props) {
    const ref = useRef<HTMLDialogElement>(null);
    const body = useScrollFocus<HTMLDivElement>();
    const titleId = useId();
    const close = useEffectEvent(onClose);

    useEffect(() => {
        const dialog = ref.current;
        const before = document.activeElement;
        dialog?.showModal();
        // The browser would take the close button, which comes first; people come for the field, or to decide.
        const first = [`.${styles.body} :is(input, select, textarea)`, `.${styles.actions} button`]
            .map(selector => dialog?.querySelector<HTMLElement>(selector))
            .find(Boolean);
        first?.focus();
        const onNativeClose = () => close();
        dialog?.addEventListener('close', onNativeClose);
        return () => {
            dialog?.removeEventListener('close', onNativeClose);
            dialog?.close();
            // The browser gives the focus back only where the dialog is closed before it is taken away.
            if (before instanceof HTMLElement && before.isConnected) before.focus();
        };
    }, []);

    return (
        // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions -- Escape is the key for it, and the dialog's own
        <dialog
            ref={ref}
            className={classNames(styles.dialog, styles[size])}
            aria-labelledby={titleId}
            onCancel={event => {
                event.preventDefault();
                onClose();
            }}
            onClick={event => {
                if (event.target === ref.current && !keepOpen) onClose();
            }}
        >
            <div className={styles.inside}>
                <header className={styles.header}>
                    <h2 id={titleId}>{title}</h2>
                    <IconButton label="Close" icon={<CloseIcon />} onClick={onClose} />
                </header>
                <div ref={body} className={styles.body}>
                    {children}
                </div>
                {actions !== undefined && <footer className={styles.actions}>{actions}</footer>}
            </div>
        </dialog>
    );
}
