import { useConnection } from '@/api/connection.ts';
import { classNames } from '@/lib/class-names.ts';
import { Button } from './Button.tsx';
import { IconButton } from './IconButton.tsx';
import { CheckIcon, CloseIcon, WarningIcon } from './icons.tsx';
import { dismissToast, useToasts } from './toast.ts';
import styles from './ToastRegion.module.css';

/** Where toasts appear; once in the application. It is always there, so that screen readers watch it. */
export function ToastRegion() {
    const toasts = useToasts();
    const answers = useConnection() === 'connected';
    return (
        <div className={styles.region} role="status" aria-live="polite" aria-atomic="false">
            {toasts.map(({ id, text, kind, action, onceAnswered }) => (
                <div key={id} className={classNames(styles.toast, styles[kind])}>
                    {kind === 'error' && <WarningIcon className={styles.icon} />}
                    {kind === 'success' && <CheckIcon className={styles.icon} />}
                    <p className={styles.text}>{answers ? (onceAnswered ?? text) : text}</p>
                    {action !== undefined && (
                        <Button
                            size="s"
                            onClick={() => {
                                dismissToast(id);
                                action.run();
                            }}
                        >
                            {action.label}
                        </Button>
                    )}
                    <IconButton size="s" label="Dismiss" icon={<CloseIcon />} onClick={() => dismissToast(id)} />
                </div>
            ))}
        </div>
    );
}
