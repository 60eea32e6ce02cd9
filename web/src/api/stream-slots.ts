// How many windows keep a stream of events open. Over HTTP/1.1 a browser allows six connections to a server, of all its
// windows together, and an open stream holds one of them: with six windows nothing else would be answered in any, and a
// seventh would stay white. So few hold one, and the others look in now and then.
//
// Windows agree on that among themselves: whoever wants to hold a stream asks who does, and those answer. Nothing is kept,
// so a window that was closed or has crashed holds nothing. The window that one goes to takes the place of one that one
// does not look at.

export const HOLDERS_MOST = 2;
/** How long the other windows have to answer: they may be at work. */
const ANSWER_MS = 400;
/** Who was too busy to be counted is counted the next time. */
const AGAIN_MS = 20_000;
/** How often the others look in. */
export const GLANCE_MS = 3000;

/** Who began to hold a stream when; the one who came first stays. */
interface Holder {
    id: string;
    sinceMs: number;
    hasFocus: boolean;
}
type Message =
    | { kind: 'who'; asker: Holder }
    | { kind: 'held'; asker: string; holder: Holder }
    | { kind: 'yield'; holder: string };

/** What the windows speak over. */
export interface Channel {
    postMessage: (message: Message) => void;
    close: () => void;
    onmessage: ((event: MessageEvent<Message>) => void) | null;
}

const isBefore = (a: Holder, b: Holder) => (a.sinceMs === b.sinceMs ? a.id < b.id : a.sinceMs < b.sinceMs);

/** Over HTTP/2 and 3, as a proxy in front may speak, all requests share one connection. */
function sharesOneConnection(): boolean {
    const [page] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    return /^h[23]/.test(page?.nextHopProtocol ?? '');
}

export function openChannel(): Channel | null {
    if (typeof BroadcastChannel === 'undefined' || sharesOneConnection()) return null;
    return new BroadcastChannel('framehound-streams');
}

interface SlotOptions {
    /** Null: there is nothing to agree on. */
    channel: Channel | null;
    /** The stream is to be closed: soon after it was asked for, or after a while. */
    onRefused: () => void;
    onGranted?: () => void;
    hasFocus?: () => boolean;
}

/** Whether this window's stream may stay open. */
export class StreamSlot {
    private readonly id = Math.random().toString(36).slice(2);
    private sinceMs: number | undefined;
    private isGranted = false;
    /** Other windows, by their ids. */
    private held = new Map<string, Holder>();
    private timer: ReturnType<typeof setTimeout> | undefined;

    constructor(private readonly options: SlotOptions) {
        const { channel } = options;
        if (channel !== null) channel.onmessage = ({ data }) => this.hear(data);
    }

    /** To be called when a stream is opened; it may stay open unless `onRefused` is called. */
    ask() {
        if (this.sinceMs !== undefined) return;
        this.sinceMs = Date.now();
        if (this.options.channel === null) this.options.onGranted?.();
        else this.count();
    }

    /** To be called when the stream is closed. */
    release() {
        clearTimeout(this.timer);
        this.timer = undefined;
        this.sinceMs = undefined;
        this.isGranted = false;
    }

    /** To be called when nothing is to be heard any more. */
    end() {
        this.release();
        this.options.channel?.close();
    }

    private own(sinceMs: number): Holder {
        return { id: this.id, sinceMs, hasFocus: this.options.hasFocus?.() ?? document.hasFocus() };
    }

    private count() {
        if (this.sinceMs === undefined) return;
        this.held.clear();
        this.options.channel?.postMessage({ kind: 'who', asker: this.own(this.sinceMs) });
        this.timer = setTimeout(() => this.decide(), ANSWER_MS);
    }

    private decide() {
        if (this.sinceMs === undefined) return;
        const own = this.own(this.sinceMs);
        const before = [...this.held.values()].filter(holder => isBefore(holder, own));
        const unseen = before.find(({ hasFocus }) => !hasFocus);
        if (before.length >= HOLDERS_MOST && own.hasFocus && unseen !== undefined)
            this.options.channel?.postMessage({ kind: 'yield', holder: unseen.id });
        else if (before.length >= HOLDERS_MOST) {
            this.refuse();
            return;
        }
        if (!this.isGranted) this.options.onGranted?.();
        this.isGranted = true;
        this.timer = setTimeout(() => this.count(), AGAIN_MS);
    }

    private refuse() {
        this.release();
        this.options.onRefused();
    }

    private hear(message: Message) {
        if (this.sinceMs === undefined) return;
        if (message.kind === 'who') {
            const { asker } = message;
            const own = this.own(this.sinceMs);
            if (this.isGranted || isBefore(own, asker))
                this.options.channel?.postMessage({ kind: 'held', asker: asker.id, holder: own });
            // It may not have been there yet when this one asked.
            else this.held.set(asker.id, asker);
        } else if (message.kind === 'held' && message.asker === this.id)
            this.held.set(message.holder.id, message.holder);
        else if (message.kind === 'yield' && message.holder === this.id) this.refuse();
    }
}
