// @vitest-environment jsdom
import { afterEach, expect, it, vi } from 'vitest';
import { call, client } from './client.ts';
import { connection } from './connection.ts';
import { NetworkError } from './problem.ts';
import { dismissSignIn, signIn } from './session.ts';

function json(status: number, body: unknown) {
    return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });
}

function answers(...responses: (Response | Error)[]) {
    const mock = vi.fn<typeof fetch>(() => {
        const next = responses.shift();
        if (next === undefined) return Promise.reject(new Error('one request too many'));
        return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
    });
    vi.stubGlobal('fetch', mock);
    return mock;
}

afterEach(() => {
    dismissSignIn();
    vi.unstubAllGlobals();
});

const projects = () => call(client.GET('/api/v1/projects'));

it('gives the body of an answer', async () => {
    answers(json(200, { projects: [], next_cursor: null }));
    expect(await projects()).toEqual({ projects: [], next_cursor: null });
});

it('throws the sentence of a problem document', async () => {
    answers(json(404, { title: 'Not Found', status: 404, detail: 'there is no project "x"' }));
    answers(json(404, { detail: 'there is no project "x"' }));
    await expect(projects()).rejects.toThrow('there is no project "x"');
});

it('says when there was no answer, and notices when there is one again', async () => {
    answers(new TypeError('Failed to fetch'), json(200, { projects: [], next_cursor: null }));
    await expect(projects()).rejects.toBeInstanceOf(NetworkError);
    expect(connection()).toBe('lost');
    await projects();
    expect(connection()).toBe('connected');
});

it('asks for the token on 401 and sends the request again, with its body', async () => {
    const mock = answers(
        json(401, { detail: 'a token is needed' }),
        new Response(null, { status: 204 }),
        json(201, { name: 'street' }),
    );
    const made = call(client.POST('/api/v1/projects', { body: { name: 'street' } }));
    await vi.waitFor(() => expect(mock).toHaveBeenCalledTimes(1));
    await signIn('0123456789abcdef');
    expect(await made).toEqual({ name: 'street' });
    const again = mock.mock.calls[2]![0] as Request;
    expect(await again.json()).toEqual({ name: 'street' });
});

it('throws the 401 when the person does not sign in', async () => {
    const mock = answers(json(401, { detail: 'a token is needed' }));
    const asked = projects();
    await vi.waitFor(() => expect(mock).toHaveBeenCalledTimes(1));
    await Promise.resolve();
    setTimeout(dismissSignIn, 10);
    await expect(asked).rejects.toMatchObject({ status: 401 });
});
