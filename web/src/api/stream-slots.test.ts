import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { HOLDERS_MOST, StreamSlot, type Channel } from './stream-slots.ts';

/** Several windows of one browser: what one says, all others hear. */
class Windows {
    private readonly channels = new Set<Channel>();
    readonly holding = new Set<string>();
    looked: string | null = null;
    isBusy = false;

    open(name: string): StreamSlot {
        const { channels } = this;
        const channel: Channel = {
            onmessage: null,
            postMessage: message => {
                for (const other of this.isBusy ? [] : channels)
                    if (other !== channel)
                        queueMicrotask(() => other.onmessage?.(new MessageEvent('message', { data: message })));
            },
            close: () => channels.delete(channel),
        };
        channels.add(channel);
        return new StreamSlot({
            channel,
            onRefused: () => this.holding.delete(name),
            hasFocus: () => this.looked === name,
        });
    }

    ask(name: string): StreamSlot {
        const slot = this.open(name);
        this.holding.add(name);
        slot.ask();
        return slot;
    }
}

let windows: Windows;
beforeEach(() => {
    vi.useFakeTimers();
    windows = new Windows();
});
afterEach(() => vi.useRealTimers());
const settled = () => vi.advanceTimersByTimeAsync(1000);

it('lets the first windows keep their streams, and no more', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
        windows.ask(name);
        await settled();
    }
    expect([...windows.holding]).toEqual(['a', 'b']);
});

it('lets no more hold one when all windows are opened again at once', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) windows.ask(name);
    await settled();
    expect(windows.holding.size).toBe(HOLDERS_MOST);
});

it('gives the place of a window that was closed to the next one that asks', async () => {
    const first = windows.ask('a');
    windows.ask('b');
    await settled();
    first.end();
    windows.holding.delete('a');
    windows.ask('c');
    await settled();
    expect([...windows.holding]).toEqual(['b', 'c']);
});

it('gives the window that one looks at the place of one that one does not', async () => {
    windows.ask('a');
    windows.ask('b');
    await settled();
    windows.looked = 'c';
    windows.ask('c');
    await settled();
    expect(windows.holding.size).toBe(HOLDERS_MOST);
    expect(windows.holding.has('c')).toBe(true);
    // And it stays so.
    await vi.advanceTimersByTimeAsync(120_000);
    expect(windows.holding.size).toBe(HOLDERS_MOST);
    expect(windows.holding.has('c')).toBe(true);
});

it('counts again those who were too busy to answer', async () => {
    windows.isBusy = true;
    for (const name of ['a', 'b', 'c', 'd']) windows.ask(name);
    await settled();
    expect(windows.holding.size).toBe(4);
    windows.isBusy = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(windows.holding.size).toBe(HOLDERS_MOST);
});

it('lets a stream stay where there is nothing to agree over', async () => {
    const refused = vi.fn<() => void>();
    const granted = vi.fn<() => void>();
    new StreamSlot({ channel: null, onRefused: refused, onGranted: granted }).ask();
    await settled();
    expect(granted).toHaveBeenCalledTimes(1);
    expect(refused).not.toHaveBeenCalled();
});
