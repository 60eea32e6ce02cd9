import { useConnection } from '@/api/connection.ts';
import { WarningIcon } from '@/components/icons.tsx';
import styles from './ConnectionIndicator.module.css';

/** Says that the server does not answer, while that is so; nothing otherwise. */
export function ConnectionIndicator() {
    const lost = useConnection() === 'lost';
    return (
        <div role="status" className={styles.region}>
            {lost && (
                <span className={styles.lost}>
                    <WarningIcon />
                    The server does not answer. Reconnecting…
                </span>
            )}
        </div>
    );
}
