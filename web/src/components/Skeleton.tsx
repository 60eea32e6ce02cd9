import type { CSSProperties } from 'react';
import styles from './Skeleton.module.css';

interface Props {
    width?: CSSProperties['width'];
    height?: CSSProperties['height'];
    radius?: CSSProperties['borderRadius'];
}

/** Stands where content will be, in its shape. Give the region around it aria-busy, and one Loading text. */
export function Skeleton({ width = '100%', height = 14, radius }: Props) {
    return <span className={styles.skeleton} style={{ width, height, borderRadius: radius }} aria-hidden="true" />;
}

/** Says to screen readers that something is being loaded. */
export function Loading({ what }: { what: string }) {
    return (
        <span role="status" className="visually-hidden">
            Loading {what}…
        </span>
    );
}
