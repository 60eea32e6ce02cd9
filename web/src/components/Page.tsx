import type { ReactNode } from 'react';
import styles from './Page.module.css';

interface Props {
    title: string;
    /** Under the title: counts, a sentence. */
    about?: ReactNode;
    /** Buttons at the right. */
    actions?: ReactNode;
    /** Narrow for forms. */
    width?: 'wide' | 'narrow';
    children: ReactNode;
}

/** A scrolling view with a title. Views that fill the window (labelling, ingestion) lay themselves out instead. */
export function Page({ title, about, actions, width = 'wide', children }: Props) {
    return (
        <div className={styles[width]}>
            <header className={styles.header}>
                <div className={styles.heading}>
                    <h1>{title}</h1>
                    {about !== undefined && <div className={styles.about}>{about}</div>}
                </div>
                {actions !== undefined && <div className={styles.actions}>{actions}</div>}
            </header>
            {children}
        </div>
    );
}
