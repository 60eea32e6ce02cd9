import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { classNames } from '@/lib/class-names.ts';
import styles from './Button.module.css';

export type ButtonVariant = 'primary' | 'default' | 'quiet' | 'danger';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
    variant?: ButtonVariant;
    size?: 's' | 'm';
    /** Before the text. */
    icon?: ReactNode;
    /** Shows that the action is under way and takes no further presses; the button keeps the focus. */
    busy?: boolean;
    ref?: Ref<HTMLButtonElement>;
}

export function Button(props: ButtonProps) {
    const { variant = 'default', size = 'm', icon, busy = false, className, children, onClick, ...rest } = props;
    return (
        <button
            type="button"
            {...rest}
            className={classNames(styles.button, styles[variant], size === 's' && styles.small, className)}
            aria-disabled={busy || undefined}
            aria-busy={busy || undefined}
            onClick={event => {
                if (busy) event.preventDefault();
                else onClick?.(event);
            }}
        >
            {busy ? <span className={styles.spinner} aria-hidden="true" /> : icon}
            {children}
        </button>
    );
}
