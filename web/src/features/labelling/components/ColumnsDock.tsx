import { useMemo } from 'react';
import { Button } from '@/components/Button.tsx';
import { TrashIcon } from '@/components/icons.tsx';
import { LabelChip } from '@/components/LabelChip.tsx';
import { useLabelling } from '../hooks/useLabelling.ts';
import { usePictureActions } from '../hooks/usePictureActions.tsx';
import { isEmpty } from '../model/columns.ts';
import { findLabel } from '../model/label-name.ts';
import { ColumnArea } from './ColumnArea.tsx';
import { NameForm } from './NameForm.tsx';
import { SuggestionsState } from './SuggestionsState.tsx';
import styles from './ColumnsDock.module.css';

/** The two columns, and the name they will get. */
export function ColumnsDock() {
    const { columns, clear, suggested, label, setLabel, labels } = useLabelling();
    const { yes, no, takeOut, give } = usePictureActions();
    const known = label !== null && findLabel(labels.data?.labels ?? [], label) !== undefined;

    const positive = useMemo(
        () => [
            { key: 'own', pictures: columns.positive },
            { key: 'suggested', pictures: suggested },
        ],
        [columns.positive, suggested],
    );
    const negative = useMemo(() => [{ key: 'own', pictures: columns.negative }], [columns.negative]);
    const actions = useMemo(() => {
        const throwOut = { ...no, name: 'No, not this', removes: true };
        const more = give === null ? [] : [give];
        return {
            own: [takeOut, throwOut, ...more],
            suggested: [{ ...yes, name: 'Keep' }, takeOut, throwOut, ...more],
            negative: [{ ...yes, removes: true }, takeOut, ...more],
        };
    }, [yes, no, takeOut, give]);

    return (
        <section className={styles.dock} aria-label="Label by examples">
            <header className={styles.header}>
                <h2 className={styles.heading}>Label by examples</h2>
                {known && <LabelChip name={label} />}
                <span className={styles.space} />
                {label !== null && isEmpty(columns) && (
                    <Button size="s" variant="quiet" onClick={() => setLabel(null)}>
                        Start another label
                    </Button>
                )}
                {!isEmpty(columns) && (
                    <Button size="s" variant="quiet" icon={<TrashIcon />} onClick={clear}>
                        Clear
                    </Button>
                )}
            </header>
            <div className={styles.columns}>
                <ColumnArea
                    column="positive"
                    title="Yes, this is it"
                    count={columns.positive.length + suggested.length}
                    state={<SuggestionsState />}
                    sections={positive}
                    actionsOf={section => (section === 'suggested' ? actions.suggested : actions.own)}
                    scoreBy={section => (section === 'suggested' ? 'confidence' : null)}
                    empty={
                        <>
                            <b>Drag pictures here</b>, or press P. What looks the same joins by itself.
                        </>
                    }
                />
                <ColumnArea
                    column="negative"
                    title="No, not this"
                    count={columns.negative.length}
                    sections={negative}
                    actionsOf={() => actions.negative}
                    scoreBy={() => null}
                    empty={
                        <>
                            <b>Throw look-alikes here</b>, or press N. They are not shown for this label again.
                        </>
                    }
                />
            </div>
            <NameForm />
        </section>
    );
}
