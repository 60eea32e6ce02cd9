// The files to be uploaded, one after the other. Pure: what happens is said by actions, hooks/use-uploads.ts does it.
import { formatBytes } from '@/lib/format.ts';
import { withSample, type Sample } from './transfer.ts';

export type UploadState =
    | 'chosen' // nothing was submitted yet
    | 'waiting' // for its turn
    | 'sending'
    | 'storing' // all is sent, the server has not answered yet
    | 'done'
    | 'failed' // can be tried again
    | 'refused'; // cannot be sent as it is

export interface Upload {
    id: number;
    name: string;
    sizeBytes: number;
    state: UploadState;
    sentBytes: number;
    samples: readonly Sample[];
    /** Why it failed or was refused. */
    error?: string;
    /** The video it became. */
    video?: string;
    /** The project had it already. */
    wasThere?: boolean;
}

export type UploadAction =
    | { kind: 'choose'; uploads: readonly Upload[] }
    | { kind: 'submit' }
    | { kind: 'start'; id: number; atMs: number }
    | { kind: 'progress'; id: number; sentBytes: number; atMs: number }
    | { kind: 'sent'; id: number }
    | { kind: 'accept'; id: number; video: string; wasThere: boolean }
    | { kind: 'fail'; id: number; error: string; final: boolean }
    | { kind: 'retry'; id: number }
    | { kind: 'remove'; id: number }
    /** The server found something wrong with the form: nothing more is sent until it is submitted again. */
    | { kind: 'hold' };

/** Why a file is not sent at all, as a sentence; undefined for one that can be. */
export function refusalOf(file: { name: string; size: number }, mostBytes: number): string | undefined {
    if (file.size === 0) return 'This file is empty.';
    if (file.size <= mostBytes) return undefined;
    return `This file has ${formatBytes(file.size)}; this server takes up to ${formatBytes(mostBytes)}. Put it where the server can fetch it and enter its address, or make it smaller.`;
}

export function uploadOf(id: number, file: { name: string; size: number }, mostBytes: number): Upload {
    const error = refusalOf(file, mostBytes);
    const state = error === undefined ? 'chosen' : 'refused';
    return { id, name: file.name, sizeBytes: file.size, state, sentBytes: 0, samples: [], error };
}

/** Two choices of the same file are one. */
export function isSameFile(a: { name: string; sizeBytes: number }, b: { name: string; sizeBytes: number }): boolean {
    return a.name === b.name && a.sizeBytes === b.sizeBytes;
}

function change(uploads: readonly Upload[], id: number, next: (upload: Upload) => Upload): readonly Upload[] {
    return uploads.map(upload => (upload.id === id ? next(upload) : upload));
}

function isUnderWay(upload: Upload): boolean {
    return upload.state === 'sending' || upload.state === 'storing';
}

export function uploadsReducer(uploads: readonly Upload[], action: UploadAction): readonly Upload[] {
    switch (action.kind) {
        case 'choose': {
            const added = action.uploads.filter(next => !uploads.some(known => isSameFile(known, next)));
            // While the queue is at work, what is added joins it.
            const joins = uploads.some(upload => upload.state === 'waiting' || isUnderWay(upload));
            return [
                ...uploads,
                ...added.map(upload =>
                    joins && upload.state === 'chosen' ? { ...upload, state: 'waiting' as const } : upload,
                ),
            ];
        }
        case 'submit':
            return uploads.map(upload =>
                upload.state === 'chosen' || upload.state === 'failed'
                    ? { ...upload, state: 'waiting', sentBytes: 0, samples: [], error: undefined }
                    : upload,
            );
        case 'start':
            return change(uploads, action.id, upload => ({
                ...upload,
                state: 'sending',
                sentBytes: 0,
                samples: [{ atMs: action.atMs, bytes: 0 }],
                error: undefined,
            }));
        case 'progress':
            return change(uploads, action.id, upload =>
                upload.state === 'sending'
                    ? {
                          ...upload,
                          sentBytes: Math.min(action.sentBytes, upload.sizeBytes),
                          samples: withSample(upload.samples, { atMs: action.atMs, bytes: action.sentBytes }),
                      }
                    : upload,
            );
        case 'sent':
            return change(uploads, action.id, upload =>
                upload.state === 'sending' ? { ...upload, state: 'storing', sentBytes: upload.sizeBytes } : upload,
            );
        case 'accept':
            return change(uploads, action.id, upload => ({
                ...upload,
                state: 'done',
                sentBytes: upload.sizeBytes,
                video: action.video,
                wasThere: action.wasThere,
            }));
        case 'fail':
            return change(uploads, action.id, upload => ({
                ...upload,
                state: action.final ? 'refused' : 'failed',
                error: action.error,
            }));
        case 'retry':
            return change(uploads, action.id, upload =>
                upload.state === 'failed'
                    ? { ...upload, state: 'waiting', sentBytes: 0, samples: [], error: undefined }
                    : upload,
            );
        case 'remove':
            return uploads.filter(upload => upload.id !== action.id);
        case 'hold':
            return uploads.map(upload =>
                upload.state === 'waiting' || isUnderWay(upload)
                    ? { ...upload, state: 'chosen', sentBytes: 0, samples: [] }
                    : upload,
            );
    }
}

/** What is to be sent now; undefined while something is being sent, and when nothing waits. */
export function nextToSend(uploads: readonly Upload[]): Upload | undefined {
    if (uploads.some(isUnderWay)) return undefined;
    return uploads.find(upload => upload.state === 'waiting');
}

/** Leaving now would lose something. */
export function isBusy(uploads: readonly Upload[]): boolean {
    return uploads.some(upload => upload.state === 'waiting' || isUnderWay(upload));
}

/** Everything that was chosen has become a video. */
export function isAllDone(uploads: readonly Upload[]): boolean {
    return uploads.length > 0 && uploads.every(upload => upload.state === 'done');
}

/** Something has become a video, and nothing more can. */
export function isOver(uploads: readonly Upload[]): boolean {
    return (
        uploads.some(upload => upload.state === 'done') &&
        uploads.every(upload => upload.state === 'done' || upload.state === 'refused')
    );
}

/** Whether submitting would send something. */
export function canSubmit(uploads: readonly Upload[]): boolean {
    return uploads.some(upload => upload.state === 'chosen' || upload.state === 'failed');
}
