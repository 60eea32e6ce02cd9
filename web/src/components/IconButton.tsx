import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { classNames } from '@/lib/class-names.ts';
import { shownKeys } from '@/lib/keys.tsx';
import { Tooltip } from './Tooltip.tsx';
import styles from './IconButton.module.css';

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
    /** What it does: the accessible name, and the tooltip. */
    label: string;
    icon: ReactNode;
    size?: 's' | 'm';
    /** Keys of the shortcut that does the same, in lib/keys.tsx's form; shown in the tooltip. */
    shortcut?: string;
    /** For buttons that stay pressed. */
    pressed?: boolean;
    ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ label, icon, size = 'm', shortcut, pressed, className, ...rest }: Props) {
    const keys = shortcut === undefined ? undefined : shownKeys(shortcut).join(' ');
    return (
        <Tooltip text={keys === undefined ? label : `${label} (${keys})`}>
            <button
                type="button"
                {...rest}
                aria-label={label}
                aria-pressed={pressed}
                className={classNames(
                    styles.button,
                    size === 's' && styles.small,
                    pressed && styles.pressed,
                    className,
                )}
            >
                {icon}
            </button>
        </Tooltip>
    );
}
