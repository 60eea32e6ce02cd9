// What streams of events, and the windows that agree on them, are to the tests: played, not opened.
import { vi } from 'vitest';
import type { Channel } from '@/api/stream-slots.ts';

/** A stream whose events a test says. */
export class PlayedSource extends EventTarget {
    static readonly all: PlayedSource[] = [];
    onopen: (() => void) | null = null;
    onerror: (() => void) | null = null;
    readyState = 0;

    constructor(readonly url: string) {
        super();
        PlayedSource.all.push(this);
    }

    static newest(): PlayedSource {
        const source = PlayedSource.all.at(-1);
        if (source === undefined) throw new Error('no stream was opened');
        return source;
    }

    get isClosed(): boolean {
        return this.readyState === 2;
    }

    open() {
        this.readyState = 1;
        this.onopen?.();
    }

    say(kind: string, data: unknown, lastEventId = '') {
        this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data), lastEventId }));
    }

    close() {
        this.readyState = 2;
    }
}

/** Two other windows, that nobody looks at, hold streams since long ago. They yield when they are asked to. */
export class CrowdedChannel implements Channel {
    onmessage: Channel['onmessage'] = null;
    private readonly others = new Set(['a', 'b']);

    postMessage(message: Parameters<Channel['postMessage']>[0]) {
        if (message.kind === 'yield') this.others.delete(message.holder);
        if (message.kind !== 'who') return;
        for (const id of this.others) {
            const holder = { id, sinceMs: 0, hasFocus: false };
            this.onmessage?.(new MessageEvent('message', { data: { kind: 'held', asker: message.asker.id, holder } }));
        }
    }

    close() {
        this.others.clear();
    }
}

/** Whether one looks at this window. */
export function setFocus(hasFocus: boolean) {
    vi.spyOn(document, 'hasFocus').mockReturnValue(hasFocus);
    if (hasFocus) window.dispatchEvent(new Event('focus'));
}
