// Uploading a file: by XMLHttpRequest, since fetch() does not say how much has been sent.
import { reportAnswer, reportNoAnswer } from '@/api/connection.ts';
import { apiErrorOf, NetworkError } from '@/api/problem.ts';
import { askToSignIn } from '@/api/session.ts';
import type { IngestOptions } from '../model/options.ts';
import type { Video } from '../model/video-state.ts';
import { wasThereBefore } from '../model/was-there.ts';
import type { Submitted } from './videos.ts';

export interface UploadRequest {
    project: string;
    /** What to show the video as. */
    name: string;
    file: Blob;
    options: IngestOptions;
    signal: AbortSignal;
    onProgress: (sentBytes: number) => void;
    /** All is sent; the answer is still to come. */
    onSent: () => void;
}

const NAME_MOST = 255;

/** A name that can stand in an address: no slashes, and neither "." nor "..". */
export function uploadName(text: string): string {
    const name = text.trim().replace(/[/\\]/g, '-').slice(0, NAME_MOST);
    return /^\.{0,2}$/.test(name) ? 'video' : name;
}

export function uploadUrl(request: Pick<UploadRequest, 'project' | 'name' | 'options'>): string {
    const { chunk_seconds, limit_seconds, fps } = request.options;
    const query = new URLSearchParams({ chunk_seconds: String(chunk_seconds), fps });
    if (limit_seconds !== null) query.set('limit_seconds', String(limit_seconds));
    const name = encodeURIComponent(uploadName(request.name));
    return `/api/v1/projects/${encodeURIComponent(request.project)}/uploads/${name}?${query}`;
}

function bodyOf(xhr: XMLHttpRequest): unknown {
    try {
        return JSON.parse(xhr.responseText) as unknown;
    } catch {
        return undefined;
    }
}

function send(request: UploadRequest): Promise<XMLHttpRequest> {
    return new Promise((resolve, reject) => {
        const xhr = new XMLHttpRequest();
        const abort = () => xhr.abort();
        const finish = (settle: () => void) => {
            request.signal.removeEventListener('abort', abort);
            settle();
        };
        xhr.upload.onprogress = event => request.onProgress(event.loaded);
        xhr.upload.onload = () => request.onSent();
        xhr.onload = () => {
            reportAnswer();
            finish(() => resolve(xhr));
        };
        xhr.onabort = () => finish(() => reject(new DOMException('The upload was stopped.', 'AbortError')));
        xhr.onerror = () => {
            reportNoAnswer();
            finish(() =>
                reject(
                    new NetworkError(
                        'The connection ended before the file was sent whole: the server stopped taking it, or the network was lost. Try again.',
                    ),
                ),
            );
        };
        xhr.open('PUT', uploadUrl(request));
        xhr.setRequestHeader('Content-Type', 'application/octet-stream');
        request.signal.addEventListener('abort', abort);
        xhr.send(request.file);
    });
}

/** Throws an ApiError, a NetworkError, or an AbortError. */
export async function upload(request: UploadRequest): Promise<Submitted> {
    let startedMs = performance.now();
    let xhr = await send(request);
    if (xhr.status === 401 && (await askToSignIn())) {
        startedMs = performance.now();
        xhr = await send(request);
    }
    const body = bodyOf(xhr);
    if (xhr.status < 200 || xhr.status > 299) throw apiErrorOf(xhr.status, body);
    const video = body as Video;
    const tookMs = performance.now() - startedMs;
    return { video, wasThere: wasThereBefore(video.created_at, xhr.getResponseHeader('Date'), tookMs) };
}
