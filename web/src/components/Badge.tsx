import type { ReactNode } from 'react';
import { classNames } from '@/lib/class-names.ts';
import styles from './Badge.module.css';

export type BadgeTone = 'neutral' | 'accent' | 'info' | 'success' | 'warning' | 'danger';

/** A state or a count, in a word. The tone never says it alone. */
export function Badge({ tone = 'neutral', children }: { tone?: BadgeTone; children: ReactNode }) {
    return <span className={classNames(styles.badge, styles[tone])}>{children}</span>;
}
