import { useMutation } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { Schema } from '@/api/client.ts';
import { useSentence } from '@/api/use-sentence.ts';
import { Button } from '@/components/Button.tsx';
import { ConfirmDialog } from '@/components/ConfirmDialog.tsx';
import { Dialog } from '@/components/Dialog.tsx';
import { SelectField } from '@/components/SelectField.tsx';
import { TextField } from '@/components/TextField.tsx';
import { formatNumberOf } from '@/lib/format.ts';
import { useLabelling } from '../hooks/useLabelling.ts';
import { cleanLabelName, findLabel, labelNameProblem } from '../model/label-name.ts';
import { quoted } from '@/lib/steps.ts';
import styles from './LabelDetails.module.css';

type Label = Schema<'LabelSummary'>;

export function RenameDialog({ label, onClose }: { label: string; onClose: () => void }) {
    const { labels, changes, setLabel, dispatch } = useLabelling();
    const form = useId();
    const [name, setName] = useState(label);
    const taken = findLabel(labels.data?.labels ?? [], name);
    const rename = useMutation({
        mutationFn: () => changes.rename(label, cleanLabelName(name)),
        onSuccess: change => {
            dispatch({ type: 'name', draft: null });
            setLabel(change.label?.name ?? cleanLabelName(name));
            onClose();
        },
    });
    const problem =
        labelNameProblem(name) ??
        (taken !== undefined && taken.name !== label
            ? `There is a label ${quoted(taken.name)} already. To put the two together, merge them.`
            : undefined);
    const failed = useSentence(rename.error);
    const unchanged = cleanLabelName(name) === label;
    return (
        <Dialog
            title={`Rename ${quoted(label)}`}
            size="s"
            keepOpen
            onClose={onClose}
            actions={
                <>
                    <Button onClick={onClose}>Cancel</Button>
                    <Button
                        type="submit"
                        form={form}
                        variant="primary"
                        busy={rename.isPending}
                        disabled={problem !== undefined || unchanged}
                    >
                        Rename
                    </Button>
                </>
            }
        >
            <form
                id={form}
                onSubmit={event => {
                    event.preventDefault();
                    if (problem === undefined && !unchanged && !rename.isPending) rename.mutate();
                }}
            >
                <TextField
                    label="New name"
                    value={name}
                    onChange={value => {
                        setName(value);
                        rename.reset();
                    }}
                    error={problem ?? failed}
                    onFocus={event => event.target.select()}
                />
            </form>
        </Dialog>
    );
}

export function MergeDialog({ label, onClose }: { label: Label; onClose: () => void }) {
    const { labels, changes, setLabel, dispatch } = useLabelling();
    const others = (labels.data?.labels ?? []).filter(other => other.name !== label.name);
    const [into, setInto] = useState(others[0]?.name ?? '');
    if (others.length === 0)
        return (
            <Dialog
                title={`Merge ${quoted(label.name)}`}
                size="s"
                onClose={onClose}
                actions={<Button onClick={onClose}>Close</Button>}
            >
                There is no other label to merge it into.
            </Dialog>
        );
    return (
        <ConfirmDialog
            title={`Merge ${quoted(label.name)}`}
            confirm="Merge"
            onConfirm={async () => {
                await changes.merge(label.name, into);
                dispatch({ type: 'name', draft: null });
                setLabel(into);
            }}
            onClose={onClose}
        >
            <div className={styles.text}>
                <SelectField
                    label="Into"
                    value={into}
                    onChange={setInto}
                    options={others.map(({ name }) => ({ value: name, label: name }))}
                />
            </div>
            <p>
                What carries {quoted(label.name)} ({formatNumberOf(label.explicit, 'object')}) will carry {quoted(into)}
                , and {quoted(label.name)} will be gone. It can be undone.
            </p>
        </ConfirmDialog>
    );
}

export function RemoveDialog({ label, onClose }: { label: Label; onClose: () => void }) {
    const { changes, setLabel, dispatch } = useLabelling();
    return (
        <ConfirmDialog
            title={`Remove ${quoted(label.name)}?`}
            confirm="Remove label"
            danger
            onConfirm={async () => {
                await changes.remove(label.name);
                dispatch({ type: 'name', draft: null });
                setLabel(null);
            }}
            onClose={onClose}
        >
            <p>
                {formatNumberOf(label.explicit, 'object')} will have no label any more, and{' '}
                {formatNumberOf(label.probable, 'probable one')} neither. The pictures stay. It can be undone.
            </p>
        </ConfirmDialog>
    );
}
