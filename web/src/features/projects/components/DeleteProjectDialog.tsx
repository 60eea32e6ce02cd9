import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState, type SyntheticEvent } from 'react';
import type { Schema } from '@/api/client.ts';
import { keys } from '@/api/keys.ts';
import { sentenceOf } from '@/api/problem.ts';
import { labelsQuery, projectQuery, projectsQuery } from '@/api/queries.ts';
import { useSentence } from '@/api/use-sentence.ts';
import { Button } from '@/components/Button.tsx';
import { Dialog } from '@/components/Dialog.tsx';
import { Skeleton } from '@/components/Skeleton.tsx';
import { TextField } from '@/components/TextField.tsx';
import { toast } from '@/components/toast.ts';
import { deleteProject } from '../api/projects.ts';
import { isEmptyProject, lossesOfProject } from '../model/losses.ts';
import styles from './DeleteProjectDialog.module.css';

interface Props {
    project: Schema<'Project'>;
    onClose: () => void;
    onDeleted?: () => void | Promise<void>;
}

/** Says exactly what will be lost, as it is now, and wants the name typed where that is anything. */
export function DeleteProjectDialog({ project: { name }, onClose, onDeleted }: Props) {
    const queries = useQueryClient();
    const form = useId();
    const input = useRef<HTMLInputElement>(null);
    const [typed, setTyped] = useState('');
    const project = useQuery({ ...projectQuery(name), staleTime: 0 });
    const labels = useQuery({ ...labelsQuery(name), staleTime: 0 });
    const known = labels.data?.labels ?? [];
    const isKnown = project.data !== undefined && !labels.isPending;
    const isEmpty = isKnown && !labels.isError && isEmptyProject(project.data, known);
    const isConfirmed = isKnown && (isEmpty || typed.trim() === name);
    useEffect(() => {
        if (isKnown && !isEmpty) input.current?.focus();
    }, [isKnown, isEmpty]);

    const remove = useMutation({
        mutationFn: () => deleteProject(name),
        onSuccess: async () => {
            toast(`Project ${name} was deleted.`);
            // Before anybody asks for its pictures once more.
            queries.setQueryData(projectsQuery().queryKey, known =>
                known?.map(one => (one.name === name ? { ...one, deleting: true } : one)),
            );
            await onDeleted?.();
            onClose();
            await queries.invalidateQueries({ queryKey: keys.projects });
            // Only what no view shows any more: what is taken away under one is asked for again, and is not there.
            for (const queryKey of [keys.project(name), keys.videosOf(name), keys.labels(name), keys.classes(name)])
                queries.removeQueries({ queryKey, type: 'inactive' });
        },
    });

    const failed = useSentence(remove.error);

    function submit(event: SyntheticEvent) {
        event.preventDefault();
        if (isConfirmed && !remove.isPending) remove.mutate();
    }

    return (
        <Dialog
            title={`Delete project ${name}?`}
            size="s"
            onClose={onClose}
            actions={
                <>
                    <Button onClick={onClose}>Cancel</Button>
                    <Button variant="danger" type="submit" form={form} busy={remove.isPending} disabled={!isConfirmed}>
                        Delete project
                    </Button>
                </>
            }
        >
            <form id={form} onSubmit={submit} noValidate className={styles.form}>
                {project.isError ? (
                    <p role="alert" className={styles.error}>
                        {sentenceOf(project.error)}
                    </p>
                ) : isKnown ? (
                    <p>{lossesOfProject(project.data, known)}</p>
                ) : (
                    <Skeleton height={38} />
                )}
                {labels.isError && <p>How many labels it has could not be found out: they are lost too.</p>}
                {isKnown && !isEmpty && (
                    <TextField ref={input} label={`Type ${name} to confirm`} value={typed} onChange={setTyped} />
                )}
                {remove.isError && (
                    <p role="alert" className={styles.error}>
                        {failed}
                    </p>
                )}
            </form>
        </Dialog>
    );
}
