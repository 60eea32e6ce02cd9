import { describe, expect, it } from 'vitest';
import {
    depthOf,
    LOST_US,
    noActivity,
    receive,
    shortNameOf,
    totalsOf,
    workersByPart,
    type Activity,
    type ActivityEvent,
    type ActivityMessage,
    type ActivityState,
    type Flash,
    type Incoming,
    type Worker,
    type WorkerReport,
} from './activity.ts';

const START_MS = 1_800_000_000_000;
const START_US = START_MS * 1000;

function report(id: string, counts: Partial<WorkerReport> = {}): WorkerReport {
    const part = id.split('-')[0] ?? '';
    return {
        id,
        part,
        state: 'busy',
        started_us: START_US,
        emitted: 0,
        indexed: 0,
        failed: 0,
        objects: 0,
        segments: 0,
        stage_us: {},
        ...counts,
    };
}

function worker(id: string, more: Partial<Worker> = {}): Worker {
    return { ...report(id), seen_us: START_US, rate: 0, ...more };
}

function snapshot(id: number, more: Partial<ActivityState> = {}): Incoming {
    const state = {
        id,
        at_us: START_US,
        workers: [],
        videos: [],
        recent: [],
        errors: [],
        totals: {},
        queues: [],
        ...more,
    };
    return { kind: 'snapshot', id, state };
}

function message(id: number, workers: WorkerReport[], events: ActivityEvent[] = []): Incoming {
    const process = { host: 'h', pid: 1, rss_bytes: 2, cpu_us: 3, dropped: 0 };
    const body: ActivityMessage = { v: 1, at_us: START_US, ...process, workers, events };
    return { kind: 'activity', id, message: body };
}

function indexed(workerId: string, frame: number): ActivityEvent {
    return { at_us: START_US, kind: 'frame_indexed', worker: workerId, video: '0123456789abcdef', frame, count: 2 };
}

/** What came, each second after the one before. */
function after(...whats: Incoming[]): Activity {
    return receive(
        noActivity(),
        whats.map((what, i) => ({ atMs: START_MS + i * 1000, what })),
    );
}

describe('receive', () => {
    it('takes a snapshot as it is', () => {
        const activity = after(snapshot(7, { workers: [worker('indexer-h-1-0', { indexed: 5 })] }));
        expect(activity.id).toBe(7);
        expect(activity.workers.get('indexer-h-1-0')?.indexed).toBe(5);
    });

    it('replaces everything by a later snapshot, also one of another server with smaller ids', () => {
        const activity = after(
            snapshot(70, { workers: [worker('indexer-h-1-0')], queues: [{ topic: 'frames', waiting: 9, leased: 1 }] }),
            snapshot(3, { workers: [worker('indexer-h-2-0')] }),
        );
        expect([...activity.workers.keys()]).toEqual(['indexer-h-2-0']);
        expect(activity.id).toBe(3);
        expect(depthOf(activity, 'frames')).toBeUndefined();
    });

    it('takes the counters of workers as totals', () => {
        const activity = after(
            snapshot(1),
            message(2, [report('indexer-h-1-0', { indexed: 3, objects: 6 })]),
            message(3, [report('indexer-h-1-0', { indexed: 5, objects: 10 })]),
        );
        const one = activity.workers.get('indexer-h-1-0');
        expect([one?.indexed, one?.objects, one?.host]).toEqual([5, 10, 'h']);
    });

    it('counts a message once, however often it comes', () => {
        const news = message(2, [report('indexer-h-1-0', { indexed: 1 })], [indexed('indexer-h-1-0', 1)]);
        const flashes: Flash[] = [];
        const once = after(snapshot(1), news);
        const again = receive(once, [{ atMs: START_MS + 2000, what: news }], flashes);
        expect(again).toBe(once);
        expect(flashes).toEqual([]);
        expect(once.log.details).toHaveLength(1);
    });

    it('lists what comes once more after the snapshot of a server that lags behind only once, and what is new', () => {
        const one = 'indexer-h-1-0';
        const news = [1, 2, 3, 4].map(n => message(10 + n, [report(one, { indexed: n })], [indexed(one, n)]));
        const before = after(snapshot(10), ...news.slice(0, 3));
        const flashes: Flash[] = [];
        const lagging = snapshot(11, { workers: [worker(one, { indexed: 1 })], recent: [indexed(one, 1)] });
        const now = receive(
            before,
            [lagging, ...news.slice(1)].map(what => ({ atMs: START_MS + 9000, what })),
            flashes,
        );
        expect(now.workers.get(one)?.indexed).toBe(4);
        expect(now.log.details.map(({ text }) => text)).toEqual([1, 2, 3, 4].map(n => `Frame ${n} indexed, 2 objects`));
        expect(flashes).toHaveLength(1);
    });

    it('lists what happened on another server with smaller ids, though messages of these ids were here before', () => {
        const [one, two] = ['indexer-h-1-0', 'indexer-h-2-0'];
        const before = after(snapshot(1), message(2, [report(one)], [indexed(one, 1)]));
        const now = receive(
            before,
            [snapshot(1), message(2, [report(two)], [indexed(two, 5)])].map(what => ({ atMs: START_MS + 9000, what })),
        );
        expect(now.log.details.map(({ text, worker: by }) => [text, by])).toEqual([
            ['Frame 1 indexed, 2 objects', one],
            ['Frame 5 indexed, 2 objects', two],
        ]);
    });

    it('ignores a message that is older than what it knows', () => {
        const activity = after(
            snapshot(1),
            message(3, [report('indexer-h-1-0', { indexed: 5 })]),
            message(2, [report('indexer-h-1-0', { indexed: 3 })]),
        );
        expect(activity.workers.get('indexer-h-1-0')?.indexed).toBe(5);
    });

    it('ignores messages before the first snapshot', () => {
        expect(after(message(5, [report('indexer-h-1-0')])).workers.size).toBe(0);
    });

    it('comes to the same in one batch and in many', () => {
        const incoming: Incoming[] = [
            snapshot(1, { workers: [worker('downloader-h-1-0')] }),
            message(2, [report('indexer-h-1-0', { indexed: 1 })], [indexed('indexer-h-1-0', 1)]),
            { kind: 'queues', queues: [{ topic: 'frames', waiting: 4, leased: 2 }] },
            message(3, [report('indexer-h-1-0', { indexed: 2 })], [indexed('indexer-h-1-0', 2)]),
            { kind: 'tick' },
        ];
        const whats = incoming.map((what, i) => ({ atMs: START_MS + i * 1000, what }));
        const steps = whats.reduce((activity, received) => receive(activity, [received]), noActivity());
        expect(receive(noActivity(), whats)).toEqual(steps);
    });

    it('says what is to light up', () => {
        const flashes: Flash[] = [];
        const failure: ActivityEvent = { at_us: START_US, kind: 'error', worker: 'indexer-h-1-1', text: 'no' };
        const quiet: ActivityEvent = { at_us: START_US, kind: 'segment_done', worker: 'downloader-h-1-0', segment: 1 };
        const events = [indexed('indexer-h-1-0', 1), failure, quiet];
        receive(after(snapshot(1)), [{ atMs: START_MS, what: message(2, [], events) }], flashes);
        expect(flashes).toEqual([
            { worker: 'indexer-h-1-0', failed: false },
            { worker: 'indexer-h-1-1', failed: true },
        ]);
    });

    it('reckons the rate of a worker, and lets it sink when nothing comes any more', () => {
        const steady = Array.from({ length: 40 }, (_, i) =>
            message(i + 2, [report('indexer-h-1-0', { indexed: 10 * i })]),
        );
        const busy = after(snapshot(1), ...steady);
        expect(busy.workers.get('indexer-h-1-0')?.rate).toBeCloseTo(10, 0);
        const idle = receive(busy, [
            {
                atMs: START_MS + 120_000,
                what: message(100, [report('indexer-h-1-0', { indexed: 390, state: 'idle' })]),
            },
        ]);
        expect(idle.workers.get('indexer-h-1-0')?.rate).toBe(0);
    });

    it('loses a worker that was not heard of, and finds it again', () => {
        const known = after(
            snapshot(1, { workers: [worker('indexer-h-1-0'), worker('indexer-h-1-1', { state: 'stopped' })] }),
        );
        const lateMs = START_MS + LOST_US / 1000 + 1;
        const lost = receive(known, [{ atMs: lateMs, what: { kind: 'tick' } }]);
        expect(lost.workers.get('indexer-h-1-0')?.state).toBe('lost');
        expect(lost.workers.get('indexer-h-1-1')?.state).toBe('stopped');
        const found = receive(lost, [{ atMs: lateMs + 1000, what: message(2, [report('indexer-h-1-0')]) }]);
        expect(found.workers.get('indexer-h-1-0')?.state).toBe('busy');
    });

    it('lets those of a restarted server take the places of those before', () => {
        const old = [worker('indexer-h-1-0'), worker('indexer-h-1-1'), worker('indexer-other-1-0')];
        const startedUs = START_US + 3_000_000;
        const known = after(snapshot(1, { workers: old.map(one => ({ ...one, host: one.id.split('-')[1] ?? '' })) }));
        const restarted = receive(known, [
            { atMs: START_MS + 4000, what: message(2, [report('indexer-h-2-0', { started_us: startedUs })]) },
            { atMs: START_MS + 4500, what: { kind: 'tick' } },
        ]);
        // It may only be late, and another process be beside it.
        expect(restarted.workers.has('indexer-h-1-0')).toBe(true);
        const settled = receive(restarted, [{ atMs: START_MS + 6000, what: { kind: 'tick' } }]);
        expect([...settled.workers.keys()].sort()).toEqual(['indexer-h-1-1', 'indexer-h-2-0', 'indexer-other-1-0']);
    });

    it('does not take its own lost connection for silence of the workers', () => {
        const known = after(snapshot(1, { workers: [worker('indexer-h-1-0')] }));
        const backMs = START_MS + 60_000;
        const back = receive(known, [
            { atMs: backMs, what: { kind: 'connected' } },
            { atMs: backMs + 1000, what: { kind: 'tick' } },
        ]);
        expect(back.workers.get('indexer-h-1-0')?.state).toBe('busy');
        const silent = receive(back, [{ atMs: backMs + LOST_US / 1000 + 1, what: { kind: 'tick' } }]);
        expect(silent.workers.get('indexer-h-1-0')?.state).toBe('lost');
    });

    it('goes by the clock of the server, whatever the clock of this machine says', () => {
        const hourUs = 3_600_000_000;
        const known = after(
            snapshot(1, {
                at_us: START_US + hourUs,
                workers: [worker('indexer-h-1-0', { seen_us: START_US + hourUs })],
            }),
        );
        const soon = receive(known, [{ atMs: START_MS + 1000, what: { kind: 'tick' } }]);
        expect(soon.workers.get('indexer-h-1-0')?.state).toBe('busy');
    });

    it('forgets a worker that ended a minute ago', () => {
        const known = after(snapshot(1, { workers: [worker('indexer-h-1-0', { state: 'stopped' })] }));
        const later = receive(known, [{ atMs: START_MS + 61_000, what: { kind: 'tick' } }]);
        expect(later.workers.size).toBe(0);
    });
});

describe('parts', () => {
    const workers = new Map(
        [
            worker('indexer-h-1-10', { rate: 2, indexed: 4, objects: 8 }),
            worker('indexer-h-1-2', { rate: 3, indexed: 6, objects: 1, state: 'lost' }),
            worker('splitter-h-1-0', { state: 'idle', segments: 4 }),
        ].map(one => [one.id, one]),
    );

    it('are sorted by number, not by letter', () => {
        expect(workersByPart(workers).indexer.map(one => one.id)).toEqual(['indexer-h-1-2', 'indexer-h-1-10']);
    });

    it('are summed up', () => {
        const totals = totalsOf(workersByPart(workers).indexer);
        expect(totals).toMatchObject({ workers: 2, busy: 1, lost: 1, frames: 10, objects: 9, rate: 5 });
        // Those of a process that has ended did what they did, and are no workers any more.
        const ended = [...workers.values()].map(worker => ({ ...worker, state: 'stopped' as const }));
        expect(totalsOf(ended.filter(({ part }) => part === 'indexer'))).toMatchObject({ workers: 0, frames: 10 });
    });

    it('have short names', () => {
        expect(shortNameOf({ id: 'indexer-some-host-4711-0', part: 'indexer' })).toBe('indexer 1');
    });
});
