// @vitest-environment jsdom
import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { keys } from './keys.ts';
import { refreshAfterLabelling } from './queries.ts';
import { followChanges } from './use-live-changes.ts';

const VIDEO = '0123456789abcdef';

/** What a browser's EventSource does, by hand. */
class FakeSource extends EventTarget {
    static opened: FakeSource[] = [];
    onerror: (() => void) | null = null;
    isClosed = false;

    constructor(readonly url: string) {
        super();
        FakeSource.opened.push(this);
    }

    close() {
        this.isClosed = true;
    }

    send(kind: string, data: object) {
        this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data) }));
    }
}

let queries: QueryClient;
let stop: () => void;
const source = () => FakeSource.opened.at(-1)!;
const fetched = vi.fn<(key: string) => void>();

/** A question that is on the screen, with an answer. */
function show(key: readonly unknown[], data: unknown) {
    queries.setQueryData(key, data);
}

let answer: () => Promise<void>;

beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('EventSource', FakeSource);
    FakeSource.opened = [];
    fetched.mockClear();
    queries = new QueryClient();
    vi.spyOn(queries, 'invalidateQueries').mockImplementation(filters => {
        fetched(JSON.stringify(filters?.queryKey));
        return answer();
    });
    answer = () => Promise.resolve();
    stop = followChanges(queries, 'demo', VIDEO);
});

afterEach(() => {
    stop();
    vi.useRealTimers();
});

const settled = () => vi.advanceTimersByTimeAsync(1000);

it('fetches again what is shown when somebody else has changed labels', async () => {
    show(keys.labels('demo'), { version: 3 });
    source().send('labels', { version: 3 });
    await settled();
    expect(fetched).not.toHaveBeenCalled();
    source().send('labels', { version: 4 });
    await settled();
    expect(fetched).toHaveBeenCalledWith(JSON.stringify(keys.labels('demo')));
    expect(fetched).toHaveBeenCalledWith(JSON.stringify(keys.allFrames));
});

const frames = JSON.stringify(keys.allFrames);
const refreshes = () => fetched.mock.calls.filter(([key]) => key === frames).length;

it('knows its own changes by their version', async () => {
    show(keys.labels('demo'), { version: 3 });
    source().send('labels', { version: 3 });
    await settled();
    show(keys.labels('demo'), { version: 4 });
    void refreshAfterLabelling(queries, 'demo');
    source().send('labels', { version: 4 });
    await settled();
    expect(refreshes()).toBe(1);
});

it('does not take everything for new because the list of labels was fetched again', async () => {
    show(keys.labels('demo'), { version: 3 });
    source().send('labels', { version: 3 });
    await settled();
    // As going to the window does, before the stream tells.
    show(keys.labels('demo'), { version: 4 });
    source().send('labels', { version: 4 });
    await settled();
    expect(refreshes()).toBe(1);
});

it('fetches what changed while the page was hidden', async () => {
    show(keys.labels('demo'), { version: 3 });
    source().send('labels', { version: 3 });
    await settled();
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    document.dispatchEvent(new Event('visibilitychange'));
    await vi.advanceTimersByTimeAsync(10_000);
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event('visibilitychange'));
    show(keys.labels('demo'), { version: 4 });
    source().send('labels', { version: 4 });
    await settled();
    expect(refreshes()).toBe(1);
    hidden.mockRestore();
});

it('fetches what changed while another view was shown', async () => {
    show(keys.labels('demo'), { version: 3 });
    source().send('labels', { version: 3 });
    await settled();
    stop();
    show(keys.labels('demo'), { version: 4 });
    stop = followChanges(queries, 'demo', VIDEO);
    source().send('labels', { version: 4 });
    await settled();
    expect(refreshes()).toBe(1);
});

it('has one refresh at a time, and a pause before the next', async () => {
    show(keys.labels('demo'), { version: 3 });
    let arrive = () => {};
    answer = () => new Promise(resolve => (arrive = resolve));
    source().send('labels', { version: 4 });
    await settled();
    expect(fetched).toHaveBeenCalledTimes(1);
    source().send('labels', { version: 5 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(fetched).toHaveBeenCalledTimes(1);
    answer = () => Promise.resolve();
    arrive();
    await settled();
    expect(refreshes()).toBe(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(refreshes()).toBe(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(refreshes()).toBe(2);
});

it('fetches once for several changes in a row', async () => {
    show(keys.labels('demo'), { version: 3 });
    for (const version of [4, 5, 6]) source().send('labels', { version });
    await settled();
    expect(refreshes()).toBe(1);
});

it('knows without a list that something is new since it began to listen', async () => {
    source().send('labels', { version: 3 });
    await settled();
    expect(fetched).not.toHaveBeenCalled();
    source().send('labels', { version: 4 });
    await settled();
    expect(fetched).toHaveBeenCalled();
});

it('fetches what belongs to the tracks when these were corrected', async () => {
    expect(source().url).toBe(`/api/v1/projects/demo/changes?video=${VIDEO}`);
    show(keys.correctionSteps(VIDEO), { version: 1 });
    source().send('corrections', { video: VIDEO, version: 2 });
    await settled();
    expect(fetched).toHaveBeenCalledWith(JSON.stringify(keys.framesOf(VIDEO)));
    expect(fetched).toHaveBeenCalledWith(JSON.stringify(keys.correctionsOf(VIDEO)));
});

it('opens a stream that broke again, and sees there whether it missed something', async () => {
    show(keys.labels('demo'), { version: 3 });
    source().onerror?.();
    expect(source().isClosed).toBe(true);
    await settled();
    expect(FakeSource.opened).toHaveLength(2);
    source().send('labels', { version: 5 });
    await settled();
    expect(fetched).toHaveBeenCalled();
});

it('holds no connection while the page is hidden', async () => {
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    document.dispatchEvent(new Event('visibilitychange'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(source().isClosed).toBe(true);
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event('visibilitychange'));
    expect(FakeSource.opened).toHaveLength(2);
    expect(source().isClosed).toBe(false);
    hidden.mockRestore();
});

it('ends with the view', () => {
    stop();
    expect(source().isClosed).toBe(true);
});
