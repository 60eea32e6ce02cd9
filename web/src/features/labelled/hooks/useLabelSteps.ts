// Changes of labels in these views, each with its undo.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { postRedo, postUndo, type LabelChange } from '@/api/label-changes.ts';
import { labelsQuery, refreshAfterLabelling } from '@/api/queries.ts';
import { tellError } from '@/api/tell-error.ts';
import { STEP_TOAST, toast } from '@/components/toast.ts';
import { useEditorName } from '@/lib/editor.ts';
import { stepText, withEditor } from '@/lib/steps.ts';

export interface LabelSteps {
    /** Does one thing after the other; true when it was done. Says what went wrong. */
    change: (ask: () => Promise<LabelChange>) => Promise<boolean>;
    undo: () => void;
    redo: () => void;
    /** What they would do; null: nothing. */
    undoes: string | null;
    redoes: string | null;
}

export function useLabelSteps(project: string): LabelSteps {
    const queries = useQueryClient();
    const me = useEditorName();
    const labels = useQuery(labelsQuery(project)).data;
    const chain = useRef<Promise<unknown>>(Promise.resolve());

    function change(
        ask: () => Promise<LabelChange>,
        tell: (change: LabelChange) => void = said,
        not = 'Nothing was saved',
    ): Promise<boolean> {
        const next = chain.current.then(async () => {
            let done = true;
            try {
                tell(await ask());
            } catch (error) {
                done = false;
                tellError(error, not, STEP_TOAST);
            }
            await refreshAfterLabelling(queries, project);
            return done;
        });
        chain.current = next;
        return next;
    }

    function said({ step }: LabelChange) {
        if (step === null) {
            toast('That was said already: nothing has changed.', { kind: 'success', key: STEP_TOAST });
            return;
        }
        const text = stepText(step);
        toast(`${text.charAt(0).toUpperCase()}${text.slice(1)}.`, {
            kind: 'success',
            key: STEP_TOAST,
            action: { label: 'Undo', run: undo },
        });
    }

    // Read when its turn has come: what is there to undo is known from the step before.
    const known = () => queries.getQueryData(labelsQuery(project).queryKey);
    function step(kind: 'undo' | 'redo') {
        let what = '';
        void change(
            async () => {
                const list = known();
                const found = list?.[kind] ?? null;
                if (found === null) throw new Error(`There is nothing to ${kind}.`);
                what = stepText(found);
                return kind === 'undo' ? postUndo(project, list?.version) : postRedo(project, list?.version);
            },
            () =>
                toast(`${kind === 'undo' ? 'Undone' : 'Done again'}: ${what}.`, {
                    kind: 'success',
                    key: STEP_TOAST,
                }),
            kind === 'undo' ? 'Nothing was undone' : 'Nothing was done again',
        );
    }
    function undo() {
        step('undo');
    }

    return {
        change,
        undo,
        redo: () => step('redo'),
        undoes: labels?.undo ? withEditor(stepText(labels.undo), labels.undo.by, me) : null,
        redoes: labels?.redo ? withEditor(stepText(labels.redo), labels.redo.by, me) : null,
    };
}
