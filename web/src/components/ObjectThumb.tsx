import { useState } from 'react';
import { objectImageUrl } from '@/api/urls.ts';
import { ImageIcon } from './icons.tsx';
import styles from './ObjectThumb.module.css';

interface Props {
    object: string;
    /** What the picture shows, in words: "bicycle, at 0:07.480". */
    alt: string;
    /** Side of the square box in pixels, or any CSS length; by default as wide as its parent. */
    size?: number | string;
}

/** The picture of an object, whole, in a square that keeps its place while the picture is on its way. */
export function ObjectThumb({ object, alt, size = '100%' }: Props) {
    // Which picture failed: another object in the same place gets its own chance.
    const [failed, setFailed] = useState<string>();
    return (
        <span className={styles.box} style={{ width: size }}>
            {failed === object ? (
                <span role="img" aria-label={`${alt} (the picture could not be loaded)`} className={styles.missing}>
                    <ImageIcon size={20} />
                </span>
            ) : (
                <img
                    src={objectImageUrl(object)}
                    alt={alt}
                    loading="lazy"
                    decoding="async"
                    draggable={false}
                    className={styles.image}
                    onError={() => setFailed(object)}
                />
            )}
        </span>
    );
}
