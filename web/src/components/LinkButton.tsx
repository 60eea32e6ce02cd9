import type { ReactNode } from 'react';
import { Link, type LinkProps } from 'react-router';
import { classNames } from '@/lib/class-names.ts';
import type { ButtonVariant } from './Button.tsx';
import styles from './Button.module.css';

interface Props extends LinkProps {
    variant?: ButtonVariant;
    size?: 's' | 'm';
    icon?: ReactNode;
}

/** A link that looks like a button: for going somewhere, where Button is for doing something. */
export function LinkButton({ variant = 'default', size = 'm', icon, className, children, ...rest }: Props) {
    return (
        <Link {...rest} className={classNames(styles.button, styles[variant], size === 's' && styles.small, className)}>
            {icon}
            {children}
        </Link>
    );
}
