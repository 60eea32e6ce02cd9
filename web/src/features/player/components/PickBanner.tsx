import { Button } from '@/components/Button.tsx';
import { Kbd } from '@/components/Kbd.tsx';
import styles from './PickBanner.module.css';

interface Props {
    text: string;
    onCancel: () => void;
}

/** Above the picture, so that no box is under it, while an object is to be picked: what for, and how to leave. */
export function PickBanner({ text, onCancel }: Props) {
    return (
        <div className={styles.banner}>
            <p role="status" className={styles.text}>
                {text}
                <span className="visually-hidden"> With keys: ] goes from object to object, Enter picks it.</span>
            </p>
            <Button size="s" className={styles.cancel} onClick={onCancel}>
                Cancel <Kbd keys="Escape" />
            </Button>
        </div>
    );
}
