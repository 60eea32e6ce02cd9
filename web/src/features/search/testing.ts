// Things as the server would send them, and a server that sends them, for the tests of this feature.
import { vi } from 'vitest';
import type { Hit } from './model/layout.ts';

export function hitFixture(object: string, facts: Partial<Hit> = {}): Hit {
    return {
        object,
        score: 0.5,
        video: '0123456789abcdef',
        frame: `frame of ${object}`,
        index: 0,
        pts_us: 0,
        frame_width: 640,
        frame_height: 360,
        box: [0, 0, 100, 100],
        class: 'car',
        detector_score: 0.5,
        track: null,
        label: null,
        ...facts,
    };
}

/** Hits of different things: none of them near another. */
export function hitsFixture(count: number, facts: Partial<Hit> = {}): Hit[] {
    return Array.from({ length: count }, (_, at) => hitFixture(`object ${at}`, { pts_us: at * 5_000_000, ...facts }));
}

type Answer = { status?: number; body?: unknown };

interface Sent {
    route: string;
    query: URLSearchParams;
    body: Record<string, unknown> | undefined;
}

/** Routes are "GET /api/v1/projects", without queries. What is not among them is answered with the status 500. */
export function fakeServer(routes: Record<string, Answer | ((sent: Sent) => Answer | Promise<Answer>)>) {
    const requests: Sent[] = [];
    vi.stubGlobal('fetch', async (request: Request) => {
        const url = new URL(request.url);
        const text = await request.text();
        const body = text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>);
        const sent = { route: `${request.method} ${url.pathname}`, query: url.searchParams, body };
        requests.push(sent);
        const found = routes[sent.route] ?? { status: 500, body: { detail: `the test has no ${sent.route}` } };
        const { status = 200, body: answer } = typeof found === 'function' ? await found(sent) : found;
        return new Response(JSON.stringify(answer), { status, headers: { 'Content-Type': 'application/json' } });
    });
    return { requests, of: (route: string) => requests.filter(request => request.route === route) };
}
