// The one client of the HTTP interface, typed by the contract.
//
//     const list = await call(client.GET('/api/v1/projects/{p}/videos', { params: { path: { p } }, signal }));
//
// call() gives the answer's body or throws an ApiError or a NetworkError (problem.ts).
import createClient from 'openapi-fetch';
import { reportAnswer, reportNoAnswer } from './connection.ts';
import { apiErrorOf, NetworkError } from './problem.ts';
import type { components, paths } from './schema.d.ts';
import { askToSignIn } from './session.ts';

/** `Schema<'Video'>`: a type of the contract by its name. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

async function send(request: Request): Promise<Response> {
    try {
        const response = await globalThis.fetch(request);
        reportAnswer();
        return response;
    } catch (error) {
        // Cancelled by us is no lost connection.
        if (request.signal.aborted) throw error;
        reportNoAnswer();
        throw new NetworkError('The server does not answer. Is it running, and can this device reach it?');
    }
}

/** For what the contract's client does not do; asks to sign in where that is needed. */
export async function sendSignedIn(request: Request): Promise<Response> {
    const again = request.clone();
    const response = await send(request);
    if (response.status !== 401 || !(await askToSignIn())) return response;
    return send(again);
}

export const client = createClient<paths>({
    // Node's Request, which the tests run with, takes no relative addresses.
    baseUrl: globalThis.location.origin,
    credentials: 'same-origin',
    fetch: sendSignedIn,
});

type Outcome<Data> = { data?: Data; error?: unknown; response: Response };

/** The body of the answer; throws what went wrong. */
export async function call<Data>(outcome: Promise<Outcome<Data>>): Promise<Data> {
    const { data, error, response } = await outcome;
    if (!response.ok) throw apiErrorOf(response.status, error);
    return data as Data;
}
