// The labelling view's parts in a page, before a server that remembers what was sent, for the tests of this feature.
import type { QueryClient } from '@tanstack/react-query';
import { act, useState, type ReactNode } from 'react';
import { vi } from 'vitest';
import type { Schema } from '@/api/client.ts';
import { renderInApp } from '@/testing/render.tsx';
import { LabellingProvider } from './components/LabellingProvider.tsx';
import type { LabellingView, Panel } from './hooks/useLabelling.ts';
import type { Columns } from './model/columns.ts';
import type { Picture } from './model/picture.ts';
import { stepOf } from '@/testing/steps.ts';

type Answer = { status?: number; body?: unknown };
export interface Sent {
    route: string;
    body: Record<string, unknown>;
}
export type Routes = Record<string, Answer | ((sent: Sent) => Answer)>;

export const LABELS = 'GET /api/v1/projects/demo/labels';
export const SUGGESTIONS = 'POST /api/v1/projects/demo/suggestions';
export const UNDO = 'POST /api/v1/projects/demo/undo';
export const REDO = 'POST /api/v1/projects/demo/redo';
const VIDEO = '0123456789abcdef';
export const CORRECTIONS = `GET /api/v1/videos/${VIDEO}/corrections`;
export const UNDO_CORRECTION = `POST /api/v1/videos/${VIDEO}/corrections/undo`;
export const examplesOf = (label: string) => `POST /api/v1/projects/demo/labels/${encodeURIComponent(label)}/examples`;
export const candidatesOf = (label: string) =>
    `GET /api/v1/projects/demo/labels/${encodeURIComponent(label)}/candidates`;

export function listOf(labels: Schema<'LabelSummary'>[], facts: Partial<Schema<'LabelList'>> = {}): Answer {
    return { body: { labels, version: 7, undo: null, redo: null, ...facts } };
}

export function changeOf(facts: Partial<Schema<'LabelChange'>> = {}): Answer {
    return { body: { version: 8, step: stepOf('examples'), label: null, undo: null, redo: null, ...facts } };
}

/** Routes are "GET /api/v1/projects/demo/labels", without queries; what is not among them is answered with 500. */
export function fakeServer(routes: Routes) {
    const requests: Sent[] = [];
    vi.stubGlobal('fetch', async (request: Request) => {
        const text = await request.text();
        const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
        const sent = { route: `${request.method} ${new URL(request.url).pathname}`, body };
        requests.push(sent);
        const found = routes[sent.route] ?? { status: 500, body: { detail: `the test has no ${sent.route}` } };
        const { status = 200, body: answer } = typeof found === 'function' ? found(sent) : found;
        return new Response(JSON.stringify(answer), { status, headers: { 'Content-Type': 'application/json' } });
    });
    return { routes, of: (route: string) => requests.filter(request => request.route === route) };
}

/** What was said of an object. */
export function assertionOf(hit: Schema<'Hit'>, facts: Partial<Schema<'Assertion'>> = {}): Schema<'Assertion'> {
    return {
        label: 'red car',
        kind: 'explicit',
        score: 1,
        by: null,
        at: '2026-03-01T10:00:00Z',
        step: 1,
        hit,
        ...facts,
    };
}

export function correctionsOf(facts: Partial<Schema<'CorrectionList'>> = {}): Answer {
    return { body: { steps: [], next_cursor: null, version: 0, undo: null, redo: null, ...facts } };
}

interface Options {
    columns?: Partial<Columns>;
    label?: string;
    panel?: Panel;
    open?: (picture: Picture) => void;
    selected?: string;
    tracked?: boolean;
}

function Page({ children, options }: { children: ReactNode; options: Options }) {
    const [label, setLabel] = useState(options.label ?? null);
    const [panel, setPanel] = useState<Panel>(options.panel ?? 'similar');
    const view: LabellingView = {
        project: 'demo',
        video: VIDEO,
        selected: options.selected ?? null,
        unselect: () => undefined,
        label,
        setLabel,
        panel,
        setPanel,
        filters: { scope: 'project', class: null, label: null, minScore: null },
        setFilters: () => undefined,
        open: options.open ?? (() => undefined),
        tracked: options.tracked ?? false,
        us: 0,
        exportLabel: () => undefined,
        stage: { currentUs: () => 0, boxAt: () => null, point: () => undefined },
    };
    return <LabellingProvider view={view}>{children}</LabellingProvider>;
}

/** Columns are given as the browser has kept them. */
export function renderLabelling(children: ReactNode, options: Options = {}): { queries: QueryClient } {
    // Rows are rendered where there is room for them, and jsdom has none.
    vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(600);
    vi.spyOn(Element.prototype, 'clientWidth', 'get').mockReturnValue(400);
    const { positive = [], negative = [], rejected = [], draft = null } = options.columns ?? {};
    sessionStorage.setItem('framehound.columns.demo', JSON.stringify({ positive, negative, rejected, draft }));
    return renderInApp(<Page options={options}>{children}</Page>);
}

/** Asks the server once more, and shows what it said. */
export async function fetchAgain(queries: QueryClient, queryKey: readonly string[]) {
    await act(async () => {
        await queries.invalidateQueries({ queryKey });
        // Queries tell of themselves in a turn of their own.
        await new Promise(told => setTimeout(told));
    });
}

/** Pictures of a grid, by what is said of them. */
export function shownIn(column: 'positive' | 'negative'): string[] {
    const pictures = document.querySelectorAll<HTMLElement>(`[data-column=${column}] [data-object]`);
    return [...pictures].map(picture => picture.dataset.object ?? '');
}
