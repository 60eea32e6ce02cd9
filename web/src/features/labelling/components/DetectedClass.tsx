import { Button } from '@/components/Button.tsx';
import { CloseIcon, UndoIcon } from '@/components/icons.tsx';
import { Kbd } from '@/components/Kbd.tsx';
import { useShortcut } from '@/lib/keys.tsx';
import { oneOf } from '@/lib/detector-class.ts';
import { useClassRefusal } from '../hooks/useClassRefusal.ts';
import type { Picture } from '../model/picture.ts';
import styles from './ObjectCard.module.css';

/** Says that an object is not what the detector takes it for, and takes that back. */
export function DetectedClass({ picture }: { picture: Picture }) {
    const { refused, refuse, takeBack } = useClassRefusal(picture);
    const one = oneOf(picture.class);
    useShortcut('c', refused ? `Take back that it is not ${one}` : `It is not ${one}`, refused ? takeBack : refuse, {
        group: 'Labelling',
    });
    return refused ? (
        <Button
            size="s"
            icon={<UndoIcon />}
            className={styles.button}
            title={`The detector says “${picture.class}”, and somebody said that it is not. Take that back.`}
            onClick={takeBack}
        >
            It is {one} <Kbd keys="c" />
        </Button>
    ) : (
        <Button
            size="s"
            icon={<CloseIcon />}
            className={styles.button}
            title={`The detector is wrong: filters for “${picture.class}” leave it out then, wherever it was followed.`}
            onClick={refuse}
        >
            Not {one} <Kbd keys="c" />
        </Button>
    );
}
