import { Button } from '@/components/Button.tsx';
import { ExternalIcon } from '@/components/icons.tsx';
import { formatNumberOf } from '@/lib/format.ts';
import type { PictureAction } from './picture-actions.ts';
import styles from './MarkedBar.module.css';

interface Props {
    count: number;
    actions: readonly PictureAction[];
    onAct: (action: PictureAction) => void;
    onOpen?: (() => void) | undefined;
    onClear: () => void;
}

/** What can be done with the marked pictures. */
export function MarkedBar({ count, actions, onAct, onOpen, onClear }: Props) {
    return (
        <div className={styles.bar} role="group" aria-label="Marked pictures">
            <span className={styles.count} role="status">
                {formatNumberOf(count, 'picture')} marked
            </span>
            {actions.map(action => (
                <Button
                    key={action.name}
                    size="s"
                    icon={action.icon}
                    className={styles.button}
                    onClick={() => onAct(action)}
                >
                    {action.name}
                </Button>
            ))}
            {onOpen !== undefined && (
                <Button size="s" icon={<ExternalIcon />} className={styles.button} onClick={onOpen}>
                    Show
                </Button>
            )}
            <Button size="s" variant="quiet" className={styles.button} onClick={onClear}>
                Unmark
            </Button>
        </div>
    );
}
