import { useRef } from 'react';
import { useSentence } from '@/api/use-sentence.ts';
import { Button } from '@/components/Button.tsx';
import { Kbd } from '@/components/Kbd.tsx';
import { formatNumberOf } from '@/lib/format.ts';
import { useShortcut } from '@/lib/keys.tsx';
import { useLabelling } from '../hooks/useLabelling.ts';
import { useSubmit } from '../hooks/useSubmit.ts';
import { statementOf } from '../model/columns.ts';
import { findLabel, labelNameProblem } from '../model/label-name.ts';
import { quoted, stepText } from '@/lib/steps.ts';
import { LabelCombobox } from './LabelCombobox.tsx';
import styles from './ColumnsDock.module.css';

/** Names what is in the columns, and stores it. */
export function NameForm() {
    const { columns, suggested, name, labels, dispatch } = useLabelling();
    const field = useRef<HTMLInputElement>(null);
    const submit = useSubmit();
    useShortcut('t', 'Type the name of what is in the columns', () => field.current?.focus(), { group: 'Labelling' });

    const { positive, negative } = statementOf(columns, suggested);
    const nothing = positive.length + negative.length === 0;
    const existing = findLabel(labels.data?.labels ?? [], name);
    const invalid = name === '' ? undefined : labelNameProblem(name);
    const failed = useSentence(submit.conflict ? null : submit.error);
    const last = labels.data?.undo;
    const verb =
        name.trim() === '' || nothing
            ? 'Name'
            : existing === undefined
              ? `Create and name ${formatNumberOf(positive.length, 'picture')}`
              : `Add ${positive.length} to ${quoted(existing.name)}`;

    return (
        <form
            className={styles.form}
            onSubmit={event => {
                event.preventDefault();
                if (name.trim() === '') field.current?.focus();
                else if (!nothing && invalid === undefined && !submit.isPending)
                    // Done: the keys are the view's again.
                    submit.mutate(undefined, { onSuccess: () => field.current?.blur() });
            }}
        >
            {submit.conflict && (
                <p role="alert" className={styles.conflict}>
                    The labels were changed elsewhere while you worked
                    {last !== undefined && last !== null && ` (${last.by ?? 'somebody'} ${stepText(last)})`}. Your
                    pictures are all still here: look at them once more, and submit again.
                </p>
            )}
            <div className={styles.fields}>
                <LabelCombobox
                    ref={field}
                    label="Name of what is in the Yes column"
                    placeholder="What is it? e.g. red car"
                    labels={labels.data?.labels ?? []}
                    value={name}
                    error={invalid ?? failed}
                    onChange={draft => {
                        dispatch({ type: 'name', draft });
                        if (!submit.isPending) submit.reset();
                    }}
                />
                <Button
                    type="submit"
                    variant="primary"
                    size="s"
                    className={styles.submit}
                    busy={submit.isPending}
                    disabled={nothing}
                    title={nothing ? 'Put pictures into the columns first' : undefined}
                >
                    <span className={styles.verb}>{submit.conflict ? 'Submit again' : verb}</span>
                    <Kbd keys="Enter" />
                </Button>
            </div>
        </form>
    );
}
