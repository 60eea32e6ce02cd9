// The options of an ingestion as they are typed, and as the server takes them.
import { isProjectName, projectNameProblem } from './project-name.ts';
import { sourceProblem, type Finding } from './source.ts';

/** The names are the server's, so that what it finds wrong can be shown where it belongs. */
export const FIELDS = ['source', 'project', 'name', 'chunk_seconds', 'limit_seconds', 'fps'] as const;
export type FieldName = (typeof FIELDS)[number];
export const OPTION_FIELDS: readonly FieldName[] = ['name', 'chunk_seconds', 'limit_seconds', 'fps'];

export interface FormValues {
    source: string;
    project: string;
    name: string;
    chunk_seconds: string;
    limit_seconds: string;
    fps: string;
    every_frame: boolean;
}

export interface IngestOptions {
    chunk_seconds: number;
    limit_seconds: number | null;
    /** A number of frames per second as a text ("5", "0.5", "30000/1001"), or "all". */
    fps: string;
}

export const CHUNK_LEAST = 1;
export const CHUNK_MOST = 3600;
const LIMIT_MOST = 1e9;
const FPS_MOST = 1000;
const NAME_BYTES_MOST = 500;

/** "5", "0.5" and "0,5"; undefined for anything else. */
function decimal(text: string): number | undefined {
    const plain = text.trim().replace(',', '.');
    return /^(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : undefined;
}

/** "90", "1:30" and "1:02:30.5" as seconds; undefined for anything else. */
export function secondsOf(text: string): number | undefined {
    const parts = text.trim().split(':');
    if (parts.length > 3 || parts.slice(0, -1).some(part => !/^\d+$/.test(part))) return undefined;
    const numbers = parts.map(decimal);
    let seconds = 0;
    for (const [i, number] of numbers.entries()) {
        if (number === undefined || (i > 0 && number >= 60)) return undefined;
        seconds = seconds * 60 + number;
    }
    return seconds;
}

/** The sampling rate as the server reads it; undefined for what it would refuse. */
export function fpsOf(text: string): string | undefined {
    const plain = text
        .trim()
        .replace(',', '.')
        .replace(/\s*\/\s*/, '/')
        .replace(/\.$/, '');
    const match = /^(?:(\d*)(?:\.(\d{1,8}))?|(\d{1,9})\/(\d{1,9}))$/.exec(plain);
    if (match === null || plain === '') return undefined;
    if ((match[1] ?? '').length + (match[2] ?? '').length > 9) return undefined;
    const value = match[3] === undefined ? Number(plain) : Number(match[3]) / Number(match[4]);
    return value > 0 && value <= FPS_MOST && value * 86_400 >= 1 ? plain : undefined;
}

function chunkProblem(text: string): Finding | undefined {
    if (text.trim() === '') return { message: 'Say how long the segments should be, in seconds.', unfinished: true };
    const value = decimal(text);
    if (value !== undefined && value >= CHUNK_LEAST && value <= CHUNK_MOST) return undefined;
    return { message: `Write a number of seconds from ${CHUNK_LEAST} to ${CHUNK_MOST}.`, unfinished: value === 0 };
}

function limitProblem(text: string): Finding | undefined {
    if (text.trim() === '') return undefined;
    const value = secondsOf(text);
    if (value === undefined) {
        return { message: 'Write seconds (90) or minutes and seconds (1:30).', unfinished: /:\s*$/.test(text) };
    }
    if (value < 0.001) return { message: 'Leave this empty for the whole video.', unfinished: true };
    return value > LIMIT_MOST ? { message: `Write at most ${LIMIT_MOST} seconds.` } : undefined;
}

function fpsProblem(values: FormValues): Finding | undefined {
    if (values.every_frame || fpsOf(values.fps) !== undefined) return undefined;
    if (values.fps.trim() === '') return { message: 'Say how many frames per second to look at.', unfinished: true };
    return {
        message: `Write a number above 0 and up to ${FPS_MOST}, such as 5, 0.5 or 30000/1001.`,
        unfinished: /^0*[.,/]?0*$|\/$/.test(values.fps.trim()),
    };
}

/** What is wrong with a field; undefined where nothing is. `local`: whether the server takes paths. */
export function problemOf(field: FieldName, values: FormValues, local: boolean): Finding | undefined {
    switch (field) {
        case 'source':
            return sourceProblem(values.source, local);
        case 'project': {
            const message = projectNameProblem(values.project);
            return message === undefined ? undefined : { message, unfinished: values.project === '' };
        }
        case 'name':
            return new TextEncoder().encode(values.name.trim()).length <= NAME_BYTES_MOST
                ? undefined
                : { message: 'This name is too long.' };
        case 'chunk_seconds':
            return chunkProblem(values.chunk_seconds);
        case 'limit_seconds':
            return limitProblem(values.limit_seconds);
        case 'fps':
            return fpsProblem(values);
    }
}

/** The options of a form without problems. */
export function optionsOf(values: FormValues): IngestOptions {
    return {
        chunk_seconds: decimal(values.chunk_seconds) ?? NaN,
        limit_seconds: values.limit_seconds.trim() === '' ? null : (secondsOf(values.limit_seconds) ?? NaN),
        fps: values.every_frame ? 'all' : (fpsOf(values.fps) ?? ''),
    };
}

/** The form as it is opened: from the address where it says something, else the server's defaults. */
export function initialValues(
    project: string | undefined,
    address: URLSearchParams,
    defaults: { chunk_seconds: number; fps: number },
): FormValues {
    const fps = address.get('fps') ?? String(defaults.fps);
    return {
        source: address.get('source') ?? '',
        project: project !== undefined && isProjectName(project) ? project : '',
        name: address.get('name') ?? '',
        chunk_seconds: address.get('chunk_seconds') ?? String(defaults.chunk_seconds),
        limit_seconds: address.get('limit_seconds') ?? '',
        fps: fps === 'all' ? String(defaults.fps) : fps,
        every_frame: fps === 'all',
    };
}

/** The options in one line, for where they are folded away: "5 frames per second, 10 s segments". */
export function summaryOf(values: FormValues): string {
    const limit = values.limit_seconds.trim();
    return [
        values.every_frame ? 'every frame' : `${values.fps.trim()} frames per second`,
        `segments of about ${values.chunk_seconds.trim()} s`,
        limit === '' ? 'the whole video' : `the first ${limit.includes(':') ? `${limit} min` : `${limit} s`}`,
    ].join(', ');
}
