import { Button } from '@/components/Button.tsx';
import { CheckIcon, CloseIcon } from '@/components/icons.tsx';
import { Kbd } from '@/components/Kbd.tsx';
import { LabelChip } from '@/components/LabelChip.tsx';
import { tellError } from '@/api/tell-error.ts';
import { classNames } from '@/lib/class-names.ts';
import { useShortcut } from '@/lib/keys.tsx';
import { useLabelling } from '../hooks/useLabelling.ts';
import type { Picture } from '../model/picture.ts';
import styles from './ObjectCard.module.css';

/** The object's label; a likely one can be accepted or refused with one key. */
export function LikelyLabel({ object, label }: { object: Picture; label: Picture['label'] }) {
    const { changes, panel, setLabel, setPanel } = useLabelling();
    const probable = label?.kind === 'probable';
    // While candidates are asked about, the keys answer, and are not told here.
    const asking = panel === 'candidates';

    function say(yes: boolean) {
        if (label === null) return;
        const statement = yes ? { positive: [object] } : { negative: [object] };
        changes
            .say({ label: label.name, ...statement })
            .catch((error: unknown) => tellError(error, 'Nothing was saved'));
    }
    useShortcut('y', 'Accept the likely label', () => say(true), { group: 'Labelling', enabled: probable && !asking });
    useShortcut('x', 'Refuse the label of the selected object', () => say(false), {
        group: 'Labelling',
        enabled: label !== null && !asking,
    });

    if (label === null) return <span className={styles.quiet}>No label yet</span>;
    return (
        <>
            {probable && <span className={classNames(styles.quiet, styles.probably)}>Probably</span>}
            <button
                type="button"
                className={styles.chip}
                title={`Show the label “${label.name}”`}
                onClick={() => {
                    setLabel(label.name);
                    setPanel('labels');
                }}
            >
                <LabelChip name={label.name} kind={label.kind} score={probable ? label.score : undefined} />
            </button>
            {probable && (
                <Button
                    size="s"
                    variant="primary"
                    icon={<CheckIcon />}
                    className={styles.button}
                    onClick={() => say(true)}
                >
                    Accept {!asking && <Kbd keys="y" />}
                </Button>
            )}
            <Button size="s" icon={<CloseIcon />} className={styles.button} onClick={() => say(false)}>
                {probable ? 'Refuse' : 'Not this'} {!asking && <Kbd keys="x" />}
            </Button>
        </>
    );
}
