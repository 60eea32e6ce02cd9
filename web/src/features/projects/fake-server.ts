// A server for the component tests of this feature: answers of fetch() by method and path, and uploads by hand.
import { vi } from 'vitest';

type Answer = { status?: number; body?: unknown; date?: string };
type Route = Answer | ((body: unknown) => Answer);

/** Routes are "GET /api/v1/projects", without queries. What is not among them fails the test by its answer 500. */
export function fakeServer(routes: Record<string, Route>) {
    const requests: { route: string; search: string; body: unknown }[] = [];
    vi.stubGlobal('fetch', async (input: Request | string) => {
        const request = typeof input === 'string' ? new Request(new URL(input, location.origin)) : input;
        const url = new URL(request.url);
        const route = `${request.method} ${url.pathname}`;
        const text = await request.text();
        const body: unknown = text === '' ? undefined : JSON.parse(text);
        requests.push({ route, search: url.search, body });
        const found = routes[route] ?? { status: 500, body: { detail: `the test has no ${route}` } };
        const { status = 200, body: answer, date } = typeof found === 'function' ? found(body) : found;
        return new Response(status === 204 ? null : JSON.stringify(answer), {
            status,
            headers: { 'Content-Type': 'application/json', ...(date === undefined ? {} : { Date: date }) },
        });
    });
    return { requests, of: (route: string) => requests.filter(request => request.route === route) };
}

/** XMLHttpRequest whose progress and answer the test decides. */
export class FakeXhr {
    static all: FakeXhr[] = [];
    status = 0;
    responseText = '';
    url = '';
    body: unknown;
    aborted = false;
    upload: { onprogress?: (event: { loaded: number }) => void; onload?: () => void } = {};
    onload?: () => void;
    onerror?: () => void;
    onabort?: () => void;
    private headers: Record<string, string> = {};

    constructor() {
        FakeXhr.all.push(this);
    }
    open(method: string, url: string) {
        this.url = `${method} ${url}`;
    }
    setRequestHeader() {
        // Nothing depends on them.
    }
    getResponseHeader(name: string): string | null {
        return this.headers[name] ?? null;
    }
    send(body: unknown) {
        this.body = body;
    }
    abort() {
        this.aborted = true;
        this.onabort?.();
    }
    answer(status: number, body: unknown, headers: Record<string, string> = {}) {
        this.status = status;
        this.responseText = JSON.stringify(body);
        this.headers = headers;
        this.upload.onload?.();
        this.onload?.();
    }
}

export function fakeUploads() {
    FakeXhr.all = [];
    vi.stubGlobal('XMLHttpRequest', FakeXhr);
}
