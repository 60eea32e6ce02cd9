// What the stream of activity adds up to. A pure reducer: the same messages give the same state, and a message that was
// counted in before changes nothing.
import type { Schema } from '@/api/client.ts';
import { addToLog, emptyLog, isInLog, logOf, type Log } from './log.ts';

export type Worker = Schema<'Worker'>;
export type ActivityEvent = Schema<'ActivityEvent'>;
export type ActivityState = Schema<'ActivityState'>;
export type QueueDepth = Schema<'QueueDepth'>;

/** A worker as a message of the topic carries it: the counters are totals, not steps. */
export type WorkerReport = Omit<Worker, 'seen_us' | 'rate' | 'host' | 'pid' | 'rss_bytes' | 'cpu_us'>;

/** api/messages/activity.schema.json */
export interface ActivityMessage {
    v: number;
    at_us: number;
    host: string;
    pid: number;
    rss_bytes: number;
    cpu_us: number;
    dropped: number;
    workers: WorkerReport[];
    events: ActivityEvent[];
}

export type Incoming =
    | { kind: 'snapshot'; id: number; state: ActivityState }
    | { kind: 'activity'; id: number; message: ActivityMessage }
    | { kind: 'queues'; queues: QueueDepth[] }
    /** The connection stands again; what was not heard in between was not silence of the workers. */
    | { kind: 'connected' }
    /** Time passes. */
    | { kind: 'tick' };

/** Something came, and when by this machine's clock. */
export interface Received {
    atMs: number;
    what: Incoming;
}

/** Something to light up: a worker has emitted or finished a frame, or something of it failed. */
export interface Flash {
    worker: string;
    failed: boolean;
}

export interface Activity {
    /** The newest message that is counted in; -1 before the first snapshot. */
    id: number;
    /**
     * Up to this message, what comes may have been here before: the snapshot was that of another query engine, which had not
     * heard as much as the one before.
     */
    againUntil: number;
    workers: ReadonlyMap<string, Worker>;
    queues: readonly QueueDepth[];
    log: Log;
    /** Grows whenever a video changed its state. */
    videoChanges: number;
    /** Grows whenever something failed. */
    failures: number;
    /** The server's clock minus this machine's. */
    skewUs: number;
    /** The server's time, as of the last thing that came or the last second. */
    nowUs: number;
    /** Server's time of the last connection. */
    connectedUs: number;
}

export const LOST_US = 10_000_000;
/** More than two of the workers' heartbeats. */
const REPLACED_US = 5_000_000;
const STOPPED_SHOWN_US = 60_000_000;
const FORGET_US = 600_000_000;
const RATE_HALF_LIFE_S = 5;
const WORKERS_MOST = 512;

export function noActivity(): Activity {
    return {
        id: -1,
        againUntil: -1,
        workers: new Map(),
        queues: [],
        log: emptyLog(),
        videoChanges: 0,
        failures: 0,
        skewUs: 0,
        nowUs: 0,
        connectedUs: 0,
    };
}

/** The server's time at a moment of this machine's. */
export function serverTimeUs(activity: Activity, atMs: number): number {
    return atMs * 1000 + activity.skewUs;
}

function framesOf(worker: Pick<Worker, 'emitted' | 'indexed'>): number {
    return worker.emitted + worker.indexed;
}

/** As the server reckons it: an average that halves its memory every five seconds. */
function rateAfter(before: Worker, report: WorkerReport, nowUs: number): number {
    // What was held up on the way comes at once: a moment is the least there can be between two reports.
    const seconds = Math.max((nowUs - before.seen_us) / 1e6, 0.001);
    const frames = framesOf(report) - framesOf(before);
    if (frames < 0) return before.rate;
    const weight = 1 - 2 ** (-seconds / RATE_HALF_LIFE_S);
    const rate = before.rate + weight * (frames / seconds - before.rate);
    return rate < 0.05 ? 0 : rate;
}

function takeWorkers(workers: Map<string, Worker>, message: ActivityMessage, nowUs: number) {
    const { host, pid, rss_bytes, cpu_us } = message;
    for (const report of message.workers) {
        const before = workers.get(report.id);
        if (before === undefined && workers.size >= WORKERS_MOST) continue;
        const rate = before === undefined ? 0 : rateAfter(before, report, nowUs);
        workers.set(report.id, { ...report, host, pid, rss_bytes, cpu_us, seen_us: nowUs, rate });
    }
}

function isFailure(event: ActivityEvent): boolean {
    return event.kind === 'frame_failed' || event.kind === 'segment_failed' || event.kind === 'error';
}

function fromSnapshot(before: Activity, state: ActivityState, id: number, atMs: number): Activity {
    return {
        ...before,
        id,
        againUntil: Math.max(before.id, before.againUntil),
        workers: new Map(state.workers.map(worker => [worker.id, worker])),
        queues: state.queues,
        log: logOf(before.log, [...state.errors, ...state.recent]),
        videoChanges: before.videoChanges + 1,
        failures: before.failures + 1,
        skewUs: state.at_us - atMs * 1000,
        nowUs: state.at_us,
        connectedUs: state.at_us,
    };
}

/** "indexer-host-4711-3" → "indexer host 3": a place that is taken again after a restart, by another process. */
function placeOf(worker: Worker): string {
    return `${worker.part} ${worker.host} ${/-(\d+)$/.exec(worker.id)?.[1] ?? worker.id}`;
}

/** When the youngest worker in each place began. */
function youngest(workers: Iterable<Worker>): Map<string, number> {
    const began = new Map<string, number>();
    for (const worker of workers) {
        const place = placeOf(worker);
        began.set(place, Math.max(worker.started_us, began.get(place) ?? 0));
    }
    return began;
}

/** Marks who was not heard of, forgets who ended and whose place was taken. The same map where nothing changes. */
function lookAround(
    workers: ReadonlyMap<string, Worker>,
    activity: Activity,
    nowUs: number,
): ReadonlyMap<string, Worker> {
    let next: Map<string, Worker> | undefined;
    let began: Map<string, number> | undefined;
    const isReplaced = (worker: Worker) => {
        began ??= youngest(workers.values());
        return (began.get(placeOf(worker)) ?? 0) > worker.seen_us;
    };
    for (const worker of workers.values()) {
        const silentUs = nowUs - Math.max(worker.seen_us, activity.connectedUs);
        const agoUs = nowUs - worker.seen_us;
        const isSilent = worker.state === 'lost' || silentUs > REPLACED_US;
        if (
            agoUs > FORGET_US ||
            (worker.state === 'stopped' && agoUs > STOPPED_SHOWN_US) ||
            (isSilent && isReplaced(worker))
        ) {
            next ??= new Map(workers);
            next.delete(worker.id);
        } else if (silentUs > LOST_US && (worker.state === 'busy' || worker.state === 'idle')) {
            next ??= new Map(workers);
            next.set(worker.id, { ...worker, state: 'lost', rate: 0 });
        }
    }
    return next ?? workers;
}

/** What came since the last picture, in order. `flashes` (if given) gets what is to light up. */
export function receive(before: Activity, batch: readonly Received[], flashes?: Flash[]): Activity {
    let now = before;
    // One copy of the map and one of the log a batch, however many messages it has.
    let workers: Map<string, Worker> | undefined;
    let events: ActivityEvent[] = [];
    const settle = () => {
        if (workers !== undefined) now = { ...now, workers };
        if (events.length > 0) now = { ...now, log: addToLog(now.log, events) };
        workers = undefined;
        events = [];
    };
    for (const { atMs, what } of batch) {
        const nowUs = serverTimeUs(now, atMs);
        if (what.kind === 'snapshot') {
            workers = undefined;
            settle();
            now = fromSnapshot(now, what.state, what.id, atMs);
        } else if (what.kind === 'activity') {
            // Counted in before, or it belongs to a state that we do not have.
            if (now.id < 0 || what.id <= now.id) continue;
            workers ??= new Map(now.workers);
            takeWorkers(workers, what.message, nowUs);
            const { log, againUntil } = now;
            const fresh =
                what.id > againUntil ? what.message.events : what.message.events.filter(event => !isInLog(log, event));
            const changes = fresh.filter(event => event.kind === 'video').length;
            const failures = fresh.filter(isFailure).length;
            for (const event of fresh) {
                events.push(event);
                const lights = event.kind === 'frame_emitted' || event.kind === 'frame_indexed' || isFailure(event);
                if (flashes !== undefined && lights && event.worker !== undefined)
                    flashes.push({ worker: event.worker, failed: isFailure(event) });
            }
            now = {
                ...now,
                id: what.id,
                nowUs,
                videoChanges: now.videoChanges + changes,
                failures: now.failures + failures,
            };
        } else if (what.kind === 'queues') {
            now = { ...now, queues: what.queues };
        } else if (what.kind === 'connected') {
            now = { ...now, connectedUs: nowUs };
        } else {
            const known = workers ?? now.workers;
            workers = undefined;
            const seen = lookAround(known, now, nowUs);
            now = { ...now, workers: seen, nowUs };
        }
    }
    settle();
    return now;
}

/** Waiting and leased of a topic; undefined where the server does not say. */
export function depthOf(activity: Activity, topic: string): QueueDepth | undefined {
    return activity.queues.find(queue => queue.topic === topic);
}

export interface PartTotals {
    workers: number;
    busy: number;
    lost: number;
    segments: number;
    frames: number;
    objects: number;
    failed: number;
    rate: number;
}

export function totalsOf(workers: Iterable<Worker>): PartTotals {
    const totals: PartTotals = { workers: 0, busy: 0, lost: 0, segments: 0, frames: 0, objects: 0, failed: 0, rate: 0 };
    for (const worker of workers) {
        totals.workers += worker.state === 'stopped' ? 0 : 1;
        totals.busy += worker.state === 'busy' ? 1 : 0;
        totals.lost += worker.state === 'lost' ? 1 : 0;
        totals.segments += worker.segments;
        totals.frames += framesOf(worker);
        totals.objects += worker.objects;
        totals.failed += worker.failed;
        totals.rate += worker.rate;
    }
    return totals;
}

export const PARTS = ['splitter', 'downloader', 'indexer', 'tracker'] as const;
export type Part = (typeof PARTS)[number];

/** Workers by part, in a lasting order: a node keeps its place while others come and go. */
export function workersByPart(workers: ReadonlyMap<string, Worker>): Record<Part, Worker[]> {
    const parts: Record<Part, Worker[]> = { splitter: [], downloader: [], indexer: [], tracker: [] };
    for (const worker of workers.values()) {
        if (worker.part in parts) parts[worker.part as Part].push(worker);
    }
    for (const list of Object.values(parts)) {
        list.sort((a, b) => a.started_us - b.started_us || a.id.localeCompare(b.id, 'en', { numeric: true }));
    }
    return parts;
}

/** "indexer-host-4711-3" → "indexer 3": the number is the last part of the id. */
export function shortNameOf(worker: Pick<Worker, 'id' | 'part'>): string {
    const number = /-(\d+)$/.exec(worker.id)?.[1];
    return number === undefined ? worker.id : `${worker.part} ${Number(number) + 1}`;
}
