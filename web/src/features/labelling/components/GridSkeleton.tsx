import { Skeleton } from '@/components/Skeleton.tsx';
import styles from './panels.module.css';

const CELLS = 12;

/** A grid's shape while its pictures are on their way. */
export function GridSkeleton({ cells = CELLS }: { cells?: number }) {
    return (
        <div className={styles.skeletons} aria-hidden="true">
            {Array.from({ length: cells }, (_, at) => (
                <Skeleton key={at} width={84} height={84} />
            ))}
        </div>
    );
}
