import { Button } from '@/components/Button.tsx';
import styles from './panels.module.css';

/** Under pictures that are there: the next ones did not come. */
export function NextFailed({ onRetry }: { onRetry: () => void }) {
    return (
        <p role="alert" className={styles.problem}>
            The next ones could not be loaded.{' '}
            <Button size="s" onClick={onRetry}>
                Try again
            </Button>
        </p>
    );
}
