import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState, type SyntheticEvent } from 'react';
import { useNavigate } from 'react-router';
import { keys } from '@/api/keys.ts';
import { useSentence } from '@/api/use-sentence.ts';
import { Button } from '@/components/Button.tsx';
import { Dialog } from '@/components/Dialog.tsx';
import { toast } from '@/components/toast.ts';
import { paths } from '@/lib/paths.ts';
import { createProject } from '../api/projects.ts';
import { isProjectName } from '../model/project-name.ts';
import { ProjectNameField } from './ProjectNameField.tsx';

export function NewProjectDialog({ onClose }: { onClose: () => void }) {
    const queries = useQueryClient();
    const navigate = useNavigate();
    const form = useId();
    const input = useRef<HTMLInputElement>(null);
    const [name, setName] = useState('');
    const [touched, setTouched] = useState(false);
    // The dialog's first control is its close button: not what one came for.
    useEffect(() => input.current?.focus(), []);

    const create = useMutation({
        mutationFn: createProject,
        onSuccess: async ({ project, created }) => {
            await queries.invalidateQueries({ queryKey: keys.projects });
            toast(created ? `Project ${project.name} was created.` : `Project ${project.name} was there already.`);
            onClose();
            await navigate(paths.project(project.name));
        },
        onError: () => input.current?.focus(),
    });

    const failed = useSentence(create.error);

    function submit(event: SyntheticEvent) {
        event.preventDefault();
        setTouched(true);
        if (!isProjectName(name)) input.current?.focus();
        else if (!create.isPending) create.mutate(name);
    }

    return (
        <Dialog
            title="New project"
            size="s"
            keepOpen={name !== ''}
            onClose={onClose}
            actions={
                <>
                    <Button onClick={onClose}>Cancel</Button>
                    <Button variant="primary" type="submit" form={form} busy={create.isPending}>
                        Create project
                    </Button>
                </>
            }
        >
            <form id={form} onSubmit={submit} noValidate>
                <ProjectNameField
                    ref={input}
                    label="Name"
                    name="name"
                    value={name}
                    touched={touched}
                    onChange={next => {
                        setName(next);
                        create.reset();
                    }}
                    error={failed}
                    hint="It stands in addresses: lower-case letters, digits and hyphens."
                />
            </form>
        </Dialog>
    );
}
