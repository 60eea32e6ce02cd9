import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, type SyntheticEvent } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import type { Schema } from '@/api/client.ts';
import { fieldOf, sentenceOf } from '@/api/problem.ts';
import { projectsQuery } from '@/api/queries.ts';
import { Button } from '@/components/Button.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { usePageDrop } from '@/lib/page-drop.ts';
import { paths } from '@/lib/paths.ts';
import { refreshProject, submitVideo, type Submitted } from '../api/videos.ts';
import { useLeaveGuard } from '../hooks/use-leave-guard.ts';
import { useNewVideoForm } from '../hooks/use-new-video-form.ts';
import { useUploads } from '../hooks/use-uploads.ts';
import { projectHint, submitText, uploadStatus } from '../model/form-texts.ts';
import { FIELDS, initialValues, OPTION_FIELDS, optionsOf, type FieldName } from '../model/options.ts';
import { canSubmit, isAllDone, isBusy, isOver } from '../model/upload-queue.ts';
import { LeaveDialog } from './LeaveDialog.tsx';
import { OptionsSection } from './OptionsSection.tsx';
import { ProjectNameField } from './ProjectNameField.tsx';
import { SourceSection } from './SourceSection.tsx';
import { WasThereNotice } from './WasThereNotice.tsx';
import styles from './NewVideoForm.module.css';

interface Props {
    /** From the address. */
    project: string | undefined;
    server: Schema<'Server'>;
}

export function NewVideoForm({ project, server }: Props) {
    const navigate = useNavigate();
    const queries = useQueryClient();
    const [address] = useSearchParams();
    const [initial] = useState(() => initialValues(project, address, server.defaults));
    const form = useNewVideoForm(initial, server.local);
    const { values } = form;
    const [optionsOpen, setOptionsOpen] = useState(false);
    const [there, setThere] = useState<Submitted>();
    const element = useRef<HTMLFormElement>(null);
    const { data: projects } = useQuery(projectsQuery());

    // Names are the fields' own, so that whatever is wrong can be gone to.
    const [focusOn, setFocusOn] = useState<{ field: FieldName }>();
    useEffect(() => {
        if (focusOn === undefined) return;
        element.current?.querySelector<HTMLInputElement>(`input[name="${focusOn.field}"]`)?.focus();
    }, [focusOn]);
    // Where a finger does not call up a keyboard over the page, one can write or paste at once.
    useEffect(() => {
        if (!window.matchMedia('(hover: hover)').matches) return;
        element.current?.querySelector<HTMLInputElement>('input[name="source"]')?.focus({ preventScroll: true });
    }, []);
    function goTo(field: FieldName) {
        if (OPTION_FIELDS.includes(field)) setOptionsOpen(true);
        setFocusOn({ field });
    }
    function showProblem(field: FieldName | undefined, message: string) {
        form.setProblem({ field, message });
        if (field !== undefined) goTo(field);
    }

    const files = useUploads(server.upload_bytes_max, { onFieldProblem: showProblem });
    const hasFiles = files.uploads.length > 0;
    const uploading = isBusy(files.uploads);
    const over = isOver(files.uploads);
    const blocker = useLeaveGuard(uploading);
    const isHeldOver = usePageDrop(files.choose);

    const submission = useMutation({
        mutationFn: () =>
            submitVideo(values.project, {
                source: values.source.trim(),
                name: values.name.trim(),
                ...optionsOf(values),
            }),
        onSuccess: async submitted => {
            void refreshProject(queries, values.project);
            if (submitted.wasThere) setThere(submitted);
            else await navigate(paths.activity(values.project, submitted.video.id));
        },
        onError: error => showProblem(fieldOf(error, FIELDS), sentenceOf(error)),
    });

    // All is uploaded: on to where it can be watched, unless there is something to read here.
    const [first, ...others] = files.uploads;
    const goesOn = isAllDone(files.uploads) && files.uploads.every(upload => !upload.wasThere);
    const target = paths.activity(values.project, others.length === 0 ? first?.video : undefined);
    const wasUploading = useRef(false);
    useEffect(() => {
        if (wasUploading.current && !uploading && goesOn) void navigate(target);
        wasUploading.current = uploading;
    }, [uploading, goesOn, target, navigate]);

    function submit(event: SyntheticEvent) {
        event.preventDefault();
        if (submission.isPending || uploading) return;
        form.touch(...FIELDS);
        form.setProblem(undefined);
        setThere(undefined);
        const wrong = form.firstWrong(hasFiles);
        if (wrong !== undefined) goTo(wrong);
        else if (!hasFiles) submission.mutate();
        else if (canSubmit(files.uploads)) {
            files.submit({ project: values.project, name: values.name.trim(), options: optionsOf(values) });
        }
    }

    const known = projects?.map(({ name }) => name) ?? [];
    const existing = projects?.find(({ name }) => name === values.project);
    const sendable = files.uploads.filter(({ state }) => state === 'chosen' || state === 'failed').length;
    return (
        <form ref={element} className={styles.form} onSubmit={submit} noValidate aria-label="New video">
            <SourceSection
                source={values.source}
                onChange={source => {
                    form.change({ source });
                    setThere(undefined);
                }}
                onBlur={() => values.source !== '' && form.touch('source')}
                error={form.errorOf('source')}
                instead={form.insteadOf('source')}
                local={server.local}
                uploadBytesMost={server.upload_bytes_max}
                uploads={files.uploads}
                project={values.project}
                busy={uploading}
                onChoose={files.choose}
                onRetry={files.retry}
                onRemove={files.remove}
                onClear={files.clear}
            />
            <fieldset disabled={uploading} className={styles.form}>
                <ProjectNameField
                    label="Project"
                    value={values.project}
                    onChange={next => form.change({ project: next })}
                    onBlur={() => values.project !== '' && form.touch('project')}
                    touched={form.touched.has('project')}
                    error={form.errorOf('project')}
                    known={known}
                    hint={projectHint(values.project, existing, projects !== undefined)}
                />
                <OptionsSection
                    open={optionsOpen}
                    onToggle={setOptionsOpen}
                    values={values}
                    onChange={form.change}
                    onBlur={field => form.touch(field)}
                    errorOf={form.errorOf}
                    hasName={files.uploads.length < 2}
                />
            </fieldset>
            {there !== undefined && <WasThereNotice video={there.video} />}
            <p role="alert" className={styles.problem}>
                {form.formProblem}
            </p>
            <div className={styles.actions}>
                {over ? (
                    <LinkButton variant="primary" to={target}>
                        Watch the ingestion
                    </LinkButton>
                ) : (
                    <Button
                        type="submit"
                        variant="primary"
                        busy={submission.isPending || uploading}
                        disabled={hasFiles && sendable === 0 && !uploading}
                    >
                        {submitText(hasFiles, uploading, sendable)}
                    </Button>
                )}
                <LinkButton variant="quiet" to={project === undefined ? paths.projects() : paths.project(project)}>
                    {over ? 'Back' : 'Cancel'}
                </LinkButton>
            </div>
            <p className="visually-hidden" role="status">
                {uploadStatus(
                    files.uploads.length,
                    files.uploads.filter(({ state }) => state === 'done').length,
                    uploading,
                )}
            </p>
            {isHeldOver && <div className={styles.over}>Drop the files to add them</div>}
            {blocker.state === 'blocked' && <LeaveDialog onStay={blocker.reset} onLeave={blocker.proceed} />}
        </form>
    );
}
