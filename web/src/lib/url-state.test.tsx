import { act, render, waitFor } from '@testing-library/react';
import { useEffect } from 'react';
import { createBrowserRouter, RouterProvider } from 'react-router';
import { beforeEach, expect, it } from 'vitest';
import {
    useUrlEnum,
    useUrlFlag,
    useUrlList,
    useUrlNumber,
    useUrlString,
    withChanges,
    writeAddressesOf,
} from './url-state.ts';

beforeEach(() => window.history.replaceState(null, '', '/'));

/** The hook in a view of a real router, at an address. */
async function open<T>(address: string, hook: () => T): Promise<{ current: T }> {
    window.history.replaceState(null, '', address);
    const result: { current: T | null } = { current: null };
    function View() {
        const value = hook();
        useEffect(() => {
            result.current = value;
        });
        return null;
    }
    render(<RouterProvider router={createBrowserRouter([{ path: '*', element: <View /> }])} />);
    await waitFor(() => expect(result.current).not.toBeNull());
    return result as { current: T };
}

it('reads what is in the address, and takes nonsense for absent', async () => {
    const useBoth = () => ({ t: useUrlNumber('t')[0], scope: useUrlEnum('scope', ['video', 'project'], 'project')[0] });
    expect((await open('/?t=1500000&scope=video', useBoth)).current).toEqual({ t: 1_500_000, scope: 'video' });
    expect((await open('/?t=soon&scope=galaxy', useBoth)).current).toEqual({ t: null, scope: 'project' });
    expect((await open('/?t=', useBoth)).current).toEqual({ t: null, scope: 'project' });
});

it('makes one navigation of several changes, keeping the rest and the fragment', async () => {
    const result = await open('/?class=car#picture=x', () => ({
        t: useUrlNumber('t'),
        sel: useUrlString('sel'),
        flag: useUrlFlag('haslabel'),
    }));
    const before = window.history.length;
    await act(async () => {
        result.current.t[1](40);
        result.current.sel[1]('abc');
        result.current.flag[1](true);
        await Promise.resolve();
    });
    expect(window.location.search).toBe('?class=car&t=40&sel=abc&haslabel=1');
    expect(window.location.hash).toBe('#picture=x');
    expect(window.history.length).toBe(before);
    expect([result.current.t[0], result.current.sel[0], result.current.flag[0]]).toEqual([40, 'abc', true]);
});

it('pushes where "back" should return to the state before', async () => {
    const result = await open('/?label=cat', () => useUrlString('label', { history: 'push' }));
    const before = window.history.length;
    await act(async () => {
        result.current[1](null);
        await Promise.resolve();
    });
    expect(window.location.search).toBe('');
    expect(window.history.length).toBe(before + 1);
});

it('does not bring back who is on the way to a view that is still loading', async () => {
    window.history.replaceState(null, '', '/player?sel=a');
    let setTime: ((us: number) => void) | undefined;
    function Player() {
        const [, set] = useUrlNumber('t');
        useEffect(() => {
            setTime = set;
        });
        return null;
    }
    let arrive: (view: { Component: () => string }) => void = () => undefined;
    const view = new Promise<{ Component: () => string }>(resolve => {
        arrive = resolve;
    });
    const router = writeAddressesOf(
        createBrowserRouter([
            { path: '/player', element: <Player /> },
            { path: '/search', lazy: () => view },
        ]),
    );
    const { findByText } = render(<RouterProvider router={router} />);
    await waitFor(() => expect(setTime).toBeDefined());
    await act(async () => {
        void router.navigate('/search?picture=1');
        setTime?.(40);
        await Promise.resolve();
    });
    arrive({ Component: () => 'found' });
    await findByText('found');
    expect(window.location.pathname + window.location.search).toBe('/search?picture=1');
});

it('keeps lists', async () => {
    const result = await open('/?positive=a,b', () => useUrlList('positive'));
    expect(result.current[0]).toEqual(['a', 'b']);
    await act(async () => {
        result.current[1]([]);
        await Promise.resolve();
    });
    expect(result.current[0]).toEqual([]);
});

it('writes addresses that can be read', () => {
    expect(withChanges('?a=1', new Map([['positive', 'x,y']]))).toBe('?a=1&positive=x,y');
    expect(withChanges('?a=1', new Map([['a', null]]))).toBe('');
});
