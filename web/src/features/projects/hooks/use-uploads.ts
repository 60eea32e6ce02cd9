// Does what model/upload-queue.ts says: holds the files, sends them one after the other, and can be stopped.
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useEffectEvent, useReducer, useRef } from 'react';
import { keys } from '@/api/keys.ts';
import { ApiError, fieldOf, sentenceOf } from '@/api/problem.ts';
import { upload } from '../api/upload.ts';
import { refreshProject } from '../api/videos.ts';
import { FIELDS, type FieldName, type IngestOptions } from '../model/options.ts';
import { nextToSend, uploadOf, uploadsReducer, type Upload } from '../model/upload-queue.ts';

export interface UploadSettings {
    project: string;
    /** What to show the video as, where there is one file only; '' for the file's own name. */
    name: string;
    options: IngestOptions;
}

interface Uploads {
    uploads: readonly Upload[];
    choose: (files: readonly File[]) => void;
    submit: (settings: UploadSettings) => void;
    retry: (id: number) => void;
    /** Takes a file out; stops it where it is being sent. */
    remove: (id: number) => void;
    clear: () => void;
}

// Too large, no video, no such project: sending it again changes nothing.
function isFinal(error: unknown): boolean {
    return (
        error instanceof ApiError &&
        error.status >= 400 &&
        error.status < 500 &&
        ![401, 408, 429].includes(error.status)
    );
}

function sentenceOfUpload(error: unknown): string {
    if (!(error instanceof ApiError) || error.status !== 413) return sentenceOf(error);
    return 'The server does not take a file this large. Put it where the server can fetch it and enter its address, or make it smaller.';
}

interface Callbacks {
    onFieldProblem: (field: FieldName, message: string) => void;
}

export function useUploads(uploadBytesMost: number, { onFieldProblem }: Callbacks): Uploads {
    const queries = useQueryClient();
    const [uploads, dispatch] = useReducer(uploadsReducer, []);
    const files = useRef(new Map<number, File>());
    const sending = useRef(new Map<number, AbortController>());
    const settings = useRef<UploadSettings>(undefined);
    const lastId = useRef(0);

    const sendNext = useEffectEvent(async (id: number, isOnly: boolean) => {
        const file = files.current.get(id);
        if (file === undefined || settings.current === undefined || sending.current.has(id)) return;
        const { project, name, options } = settings.current;
        const controller = new AbortController();
        sending.current.set(id, controller);
        dispatch({ kind: 'start', id, atMs: performance.now() });
        try {
            const { video, wasThere } = await upload({
                project,
                name: isOnly && name !== '' ? name : file.name,
                file,
                options,
                signal: controller.signal,
                onProgress: sentBytes => dispatch({ kind: 'progress', id, sentBytes, atMs: performance.now() }),
                onSent: () => dispatch({ kind: 'sent', id }),
            });
            dispatch({ kind: 'accept', id, video: video.id, wasThere });
            void refreshProject(queries, project);
        } catch (error) {
            const field = fieldOf(error, FIELDS);
            if (controller.signal.aborted) return;
            if (error instanceof ApiError && error.field !== undefined && field !== undefined && field !== 'source') {
                dispatch({ kind: 'hold' });
                onFieldProblem(field, sentenceOf(error));
            } else {
                // Its limit is not what it was thought to be.
                if (error instanceof ApiError && error.status === 413)
                    void queries.invalidateQueries({ queryKey: keys.server });
                dispatch({ kind: 'fail', id, error: sentenceOfUpload(error), final: isFinal(error) });
            }
        } finally {
            sending.current.delete(id);
        }
    });

    const next = nextToSend(uploads)?.id;
    const isOnly = uploads.length === 1;
    useEffect(() => {
        if (next !== undefined) void sendNext(next, isOnly);
    }, [next, isOnly]);

    useEffect(() => {
        const all = sending.current;
        return () => all.forEach(controller => controller.abort());
    }, []);

    const choose = useCallback(
        (chosen: readonly File[]) => {
            const added = chosen.map(file => {
                lastId.current += 1;
                files.current.set(lastId.current, file);
                return uploadOf(lastId.current, file, uploadBytesMost);
            });
            dispatch({ kind: 'choose', uploads: added });
        },
        [uploadBytesMost],
    );

    const submit = useCallback((next: UploadSettings) => {
        settings.current = next;
        dispatch({ kind: 'submit' });
    }, []);

    const remove = useCallback((id: number) => {
        sending.current.get(id)?.abort();
        files.current.delete(id);
        dispatch({ kind: 'remove', id });
    }, []);

    const retry = useCallback((id: number) => dispatch({ kind: 'retry', id }), []);
    const clear = useCallback(() => uploads.forEach(({ id }) => remove(id)), [uploads, remove]);
    return { uploads, choose, submit, retry, remove, clear };
}
