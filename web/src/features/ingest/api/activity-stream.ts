// The live stream of activity: one EventSource with a back-off of our own, and one change of state per picture however many
// events came since the last one.
//
// A browser allows few connections to a server, and an open stream takes one: it is closed while the page is hidden, and
// taken up again where it was. So it is, every few seconds, while other windows hold as many as may be.
import { onConnectionChange, connection, reportAnswer, reportNoAnswer } from '@/api/connection.ts';
import { delayOf, HIDDEN_GRACE_MS } from '@/api/reconnecting.ts';
import { GLANCE_MS, StreamSlot, type Channel } from '@/api/stream-slots.ts';
import { ACTIVITY_URL } from '@/api/urls.ts';
import {
    noActivity,
    receive,
    type Activity,
    type ActivityMessage,
    type ActivityState,
    type Flash,
    type Incoming,
    type QueueDepth,
    type Received,
} from '../model/activity.ts';

/** `glancing`: taken up every few seconds. */
export type StreamState = 'connecting' | 'live' | 'glancing' | 'reconnecting' | 'refused';

export interface StreamSnapshot {
    activity: Activity;
    state: StreamState;
    /** Why the server refuses the stream. */
    error: unknown;
}

/** What the stream needs of the browser; tests bring their own. */
export interface StreamEnvironment {
    open: (url: string) => EventSource;
    nowMs: () => number;
    /** Asks once why the server answered with an error. Resolves when it is right now; throws the reason. */
    askWhy: () => Promise<unknown>;
    nextPicture: (run: () => void) => () => void;
    /** Over which windows agree on who holds a stream; null: all do. */
    openChannel: () => Channel | null;
}

const TICK_MS = 1000;
/** A server that cannot look at its queues does not say them: a glance ends nevertheless. */
const GLANCE_ENDS_MS = 5000;

export class ActivityStream {
    private snapshot: StreamSnapshot = { activity: noActivity(), state: 'connecting', error: undefined };
    private readonly listeners = new Set<() => void>();
    private readonly flashListeners = new Set<(flashes: readonly Flash[]) => void>();
    private pending: Received[] = [];
    private cancelPicture: (() => void) | undefined;
    private source: EventSource | undefined;
    private attempts = 0;
    private retry: ReturnType<typeof setTimeout> | undefined;
    private ticking: ReturnType<typeof setInterval> | undefined;
    private hiding: ReturnType<typeof setTimeout> | undefined;
    private stopWatching: (() => void) | undefined;
    private isOpen = false;
    private isGranted = false;
    private mayStay = true;
    private isTold = false;
    private slot: StreamSlot | undefined;

    constructor(private readonly environment: StreamEnvironment) {}

    /** Opens the stream; the function that is returned ends it. */
    start(): () => void {
        this.slot = new StreamSlot({
            channel: this.environment.openChannel(),
            onRefused: () => {
                this.mayStay = false;
                this.restWhenTold();
            },
            onGranted: () => {
                this.isGranted = true;
                this.goLive();
            },
        });
        const stopConnection = onConnectionChange(() => {
            if (connection() === 'connected' && this.retry !== undefined) this.connect();
        });
        const onVisibility = () => this.onVisibility();
        const onFocus = () => {
            if (!this.mayStay && this.source === undefined && !document.hidden) this.connect();
        };
        document.addEventListener('visibilitychange', onVisibility);
        window.addEventListener('focus', onFocus);
        this.stopWatching = () => {
            stopConnection();
            document.removeEventListener('visibilitychange', onVisibility);
            window.removeEventListener('focus', onFocus);
        };
        this.ticking = setInterval(() => {
            const { state } = this.snapshot;
            if (state === 'live' || state === 'glancing') this.take({ kind: 'tick' });
        }, TICK_MS);
        this.connect();
        return () => this.stop();
    }

    private stop() {
        this.stopWatching?.();
        clearInterval(this.ticking);
        clearTimeout(this.hiding);
        this.disconnect();
        this.slot?.end();
        this.cancelPicture?.();
        this.cancelPicture = undefined;
    }

    subscribe = (listener: () => void): (() => void) => {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
    };

    getSnapshot = (): StreamSnapshot => this.snapshot;

    /** What is to light up, once per picture. */
    onFlashes = (listener: (flashes: readonly Flash[]) => void): (() => void) => {
        this.flashListeners.add(listener);
        return () => this.flashListeners.delete(listener);
    };

    /** Tries again at once, without waiting for the next attempt. */
    reconnect = () => {
        this.attempts = 0;
        this.connect();
    };

    private onVisibility() {
        clearTimeout(this.hiding);
        if (document.hidden) {
            this.hiding = setTimeout(() => this.hide(), HIDDEN_GRACE_MS);
            return;
        }
        // No pictures were asked for while the page was hidden.
        if (this.pending.length > 0) this.draw();
        if (this.source === undefined) this.reconnect();
    }

    private hide() {
        this.disconnect();
        // When it is seen again it was away for longer than between two glances.
        if (this.snapshot.state === 'glancing') this.set({ state: 'connecting' });
    }

    private disconnect() {
        clearTimeout(this.retry);
        this.retry = undefined;
        this.source?.close();
        this.source = undefined;
        this.slot?.release();
        this.isOpen = this.isGranted = this.isTold = false;
    }

    private goLive() {
        if (this.isOpen && this.isGranted && this.snapshot.state !== 'live') this.set({ state: 'live' });
    }

    /** All that was known when the stream was opened has come. */
    private told() {
        this.isTold = true;
        this.restWhenTold();
    }

    private restWhenTold() {
        if (this.mayStay || !this.isTold) return;
        this.disconnect();
        this.set({ state: 'glancing' });
        this.retry = setTimeout(() => this.connect(), GLANCE_MS);
    }

    private connect() {
        this.disconnect();
        this.mayStay = true;
        const { id } = this.snapshot.activity;
        const source = this.environment.open(id < 0 ? ACTIVITY_URL : `${ACTIVITY_URL}?last_event_id=${id}`);
        this.source = source;
        this.slot?.ask();
        source.onopen = () => {
            this.attempts = 0;
            reportAnswer();
            // Between two glances nothing is missed: who is silent was silent in the meantime too.
            if (this.snapshot.state !== 'glancing') this.take({ kind: 'connected' });
            this.isOpen = true;
            this.set({ error: undefined });
            this.goLive();
            if (id < 0) return;
            setTimeout(() => {
                if (source === this.source && !this.isTold) this.told();
            }, GLANCE_ENDS_MS);
        };
        source.onerror = () => {
            if (source === this.source) this.onLost(source.readyState === 2);
        };
        source.addEventListener('snapshot', event => {
            this.take({
                kind: 'snapshot',
                id: Number(event.lastEventId),
                state: JSON.parse(event.data as string) as ActivityState,
            });
            this.told();
        });
        source.addEventListener('activity', event =>
            this.take({
                kind: 'activity',
                id: Number(event.lastEventId),
                message: JSON.parse(event.data as string) as ActivityMessage,
            }),
        );
        // They come behind all that happened since the last event.
        source.addEventListener('queues', event => {
            this.take({
                kind: 'queues',
                queues: (JSON.parse(event.data as string) as { queues: QueueDepth[] }).queues,
            });
            this.told();
        });
    }

    /** `refused`: the server answered, but not with a stream. */
    private onLost(refused: boolean) {
        this.disconnect();
        // A stream may break with the server well; only one that cannot be opened again says that it is gone.
        if (!refused && this.attempts > 0) reportNoAnswer();
        this.set({ state: this.snapshot.activity.id < 0 && this.attempts === 0 ? 'connecting' : 'reconnecting' });
        this.retry = setTimeout(() => this.connect(), delayOf(this.attempts));
        this.attempts += 1;
        if (refused) void this.learnWhy();
    }

    private async learnWhy() {
        try {
            await this.environment.askWhy();
        } catch (error) {
            if (!this.isOpen) this.set({ state: 'refused', error });
        }
    }

    private take(what: Incoming) {
        this.pending.push({ atMs: this.environment.nowMs(), what });
        if (document.hidden) this.draw();
        else this.cancelPicture ??= this.environment.nextPicture(() => this.draw());
    }

    private draw() {
        this.cancelPicture?.();
        this.cancelPicture = undefined;
        const batch = this.pending;
        this.pending = [];
        const flashes: Flash[] = [];
        const activity = receive(this.snapshot.activity, batch, flashes);
        if (flashes.length > 0) for (const listener of this.flashListeners) listener(flashes);
        if (activity !== this.snapshot.activity) this.set({ activity });
    }

    private set(change: Partial<StreamSnapshot>) {
        this.snapshot = { ...this.snapshot, ...change };
        for (const listener of this.listeners) listener();
    }
}
