import type { ReactNode } from 'react';
import styles from './EmptyState.module.css';

interface Props {
    icon?: ReactNode;
    title: string;
    /** Why it is empty and what to do. */
    children?: ReactNode;
    /** Buttons. */
    actions?: ReactNode;
    /** For panels: less room around it. */
    compact?: boolean;
}

export function EmptyState({ icon, title, children, actions, compact = false }: Props) {
    return (
        <div className={compact ? styles.compact : styles.empty}>
            {icon !== undefined && <div className={styles.icon}>{icon}</div>}
            <p className={styles.title}>{title}</p>
            {children !== undefined && <div className={styles.text}>{children}</div>}
            {actions !== undefined && <div className={styles.actions}>{actions}</div>}
        </div>
    );
}
