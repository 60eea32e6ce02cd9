// State that lives in the address: typed reading and writing of search parameters.
//
//     const [us, setUs] = useUrlNumber('t');                                replaces the history entry
//     const [scope, setScope] = useUrlEnum('scope', ['video', 'project'], 'project');
//     const [label, setLabel] = useUrlString('label', { history: 'push' });
//     const [objects, setObjects] = useUrlList('positive');
//
// null removes the parameter. Several changes in one turn become one navigation.
import { useCallback, useMemo } from 'react';
import { useNavigate, useSearchParams, type createBrowserRouter, type NavigateFunction } from 'react-router';

type Router = ReturnType<typeof createBrowserRouter>;

// A view's own router would be asked by a hook, but hooks hear of a navigation when React has time for it.
let router: Router | undefined;

/** From now on what the views of this router write does not end its way to another view, which may still be loading. */
export function writeAddressesOf<Known extends Router>(known: Known): Known {
    router = known;
    return known;
}

interface Options {
    /** 'replace' (default) for what moves while one looks; 'push' for what "back" should return to. */
    history?: 'replace' | 'push';
}

type Changes = Map<string, string | null>;

let pending: { changes: Changes; push: boolean; navigate: NavigateFunction; path: string } | undefined;

/** `search` with the changes made; null removes. */
export function withChanges(search: string, changes: Changes): string {
    const params = new URLSearchParams(search);
    for (const [name, value] of changes) {
        if (value === null) params.delete(name);
        else params.set(name, value);
    }
    // Commas and colons are allowed in a query, and addresses with them can be read.
    const text = params.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
    return text === '' ? '' : `?${text}`;
}

function isLeaving(path: string): boolean {
    const target = router?.state.navigation.location;
    return target !== undefined && target.pathname !== path;
}

function flush() {
    if (pending === undefined) return;
    const { changes, push, navigate, path } = pending;
    pending = undefined;
    // The person has gone to another view in the meantime: this state belongs to the view they left.
    if (window.location.pathname !== path || isLeaving(path)) return;
    const search = withChanges(window.location.search, changes);
    if (search === window.location.search) return;
    void navigate({ search, hash: window.location.hash }, { replace: !push, preventScrollReset: true });
}

function change(navigate: NavigateFunction, name: string, value: string | null, push: boolean) {
    if (pending === undefined) {
        pending = { changes: new Map(), push: false, navigate, path: window.location.pathname };
        queueMicrotask(flush);
    }
    pending.changes.set(name, value);
    pending.push ||= push;
}

function useUrlText(name: string, options: Options = {}): [string | null, (value: string | null) => void] {
    const [params] = useSearchParams();
    const navigate = useNavigate();
    const push = options.history === 'push';
    const set = useCallback((value: string | null) => change(navigate, name, value, push), [navigate, name, push]);
    return [params.get(name), set];
}

export function useUrlString(name: string, options?: Options): [string | null, (value: string | null) => void] {
    const [text, set] = useUrlText(name, options);
    return [text === '' ? null : text, useCallback(value => set(value === '' ? null : value), [set])];
}

/** A number; anything else in the address counts as absent. */
export function useUrlNumber(name: string, options?: Options): [number | null, (value: number | null) => void] {
    const [text, set] = useUrlText(name, options);
    const value = text === null || text.trim() === '' ? NaN : Number(text);
    return [
        Number.isFinite(value) ? value : null,
        useCallback(next => set(next === null ? null : String(next)), [set]),
    ];
}

/** One of `values`; the fallback is not written into the address. */
export function useUrlEnum<Value extends string>(
    name: string,
    values: readonly Value[],
    fallback: Value,
    options?: Options,
): [Value, (value: Value) => void] {
    const [text, set] = useUrlText(name, options);
    const value = values.find(known => known === text) ?? fallback;
    return [value, useCallback(next => set(next === fallback ? null : next), [set, fallback])];
}

/** On or off; on is `name=1`. */
export function useUrlFlag(name: string, options?: Options): [boolean, (value: boolean) => void] {
    const [text, set] = useUrlText(name, options);
    return [text === '1', useCallback(on => set(on ? '1' : null), [set])];
}

/** A list of ids or words without commas. */
export function useUrlList(name: string, options?: Options): [readonly string[], (value: readonly string[]) => void] {
    const [text, set] = useUrlText(name, options);
    const list = useMemo(() => (text === null || text === '' ? [] : text.split(',')), [text]);
    return [list, useCallback(value => set(value.length === 0 ? null : value.join(',')), [set])];
}
