// Errors of the HTTP interface: problem documents (RFC 9457) whose `detail` is a sentence for the person who reads it.

interface Problem {
    title: string;
    detail: string;
    code: string | undefined;
    field: string | undefined;
}

/** What is said of a request without an answer once there are answers again. */
export const ANSWERS_AGAIN = 'The server did not answer. It does now: try again.';

/** The server answered, and refused or failed. `message` is its sentence. */
export class ApiError extends Error {
    override name = 'ApiError';
    readonly status: number;
    readonly title: string;
    /** The server's error code: not_found, conflict, invalid, … */
    readonly code: string | undefined;
    /** The field of the request the sentence is about, where the server says so. */
    readonly field: string | undefined;

    constructor(status: number, problem: Problem) {
        super(problem.detail);
        this.status = status;
        this.title = problem.title;
        this.code = problem.code;
        this.field = problem.field;
    }
}

/** No answer came: the server is stopped, restarting, or the network is gone. */
export class NetworkError extends Error {
    override name = 'NetworkError';
}

function text(value: unknown): string | undefined {
    return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Reads a problem document; anything else (a proxy's HTML page, nothing) still gives a sentence. */
export function apiErrorOf(status: number, body: unknown): ApiError {
    const record = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
    return new ApiError(status, {
        title: text(record.title) ?? 'Error',
        detail: text(record.detail) ?? `The server answered with status ${status} and did not say why.`,
        code: text(record.code),
        field: text(record.field),
    });
}

/** Trying again may help: no answer, or the server's momentary trouble. */
export function isTransient(error: unknown): boolean {
    if (error instanceof NetworkError) return true;
    return error instanceof ApiError && (error.status >= 500 || error.status === 429 || error.status === 408);
}

export function isNotFound(error: unknown): boolean {
    return error instanceof ApiError && error.status === 404;
}

/** There is no such object, or it is none: asking again does not make it. */
export function isNoObject(error: unknown): boolean {
    return isNotFound(error) || (error instanceof ApiError && error.status === 400 && error.field === 'object');
}

/** Somebody else changed the same thing in the meantime. */
export function isConflict(error: unknown): boolean {
    return error instanceof ApiError && (error.status === 409 || error.status === 412);
}

/** The sentence to show for whatever was thrown, with a capital letter and a full stop. */
export function sentenceOf(error: unknown): string {
    const message = error instanceof Error && error.message !== '' ? error.message : 'Something went wrong.';
    const sentence = message.charAt(0).toUpperCase() + message.slice(1);
    return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** Which of the form's fields an error is about: the one the server names, or the one its sentence mentions as a word. */
export function fieldOf<Name extends string>(error: unknown, fields: readonly Name[]): Name | undefined {
    if (!(error instanceof ApiError)) return undefined;
    const named = fields.find(field => field === error.field);
    if (named !== undefined) return named;
    return fields.find(field => new RegExp(`(^|[^\\w])${field}([^\\w]|$)`).test(error.message));
}
