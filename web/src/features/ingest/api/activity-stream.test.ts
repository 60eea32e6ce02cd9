// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { GLANCE_MS } from '@/api/stream-slots.ts';
import { CrowdedChannel, PlayedSource, setFocus } from '@/testing/streams.ts';
import { LOST_US } from '../model/activity.ts';
import { ActivityStream } from './activity-stream.ts';

const SILENT = {
    id: 'indexer-h-1-0',
    part: 'indexer',
    state: 'busy',
    started_us: 0,
    seen_us: 0,
    rate: 9,
    stage_us: {},
};
const SECOND_MS = 1000;
const PICTURE_MS = 16;

let stream: ActivityStream;
let stop: () => void;

function start(channel: CrowdedChannel | null) {
    stream = new ActivityStream({
        open: url => new PlayedSource(url) as unknown as EventSource,
        nowMs: () => Date.now(),
        askWhy: () => Promise.resolve(undefined),
        nextPicture: run => {
            const timer = setTimeout(run, PICTURE_MS);
            return () => clearTimeout(timer);
        },
        openChannel: () => channel,
    });
    stop = stream.start();
}

const state = () => stream.getSnapshot().state;
const pass = (ms: number) => vi.advanceTimersByTime(ms);

function saySnapshot() {
    const seen = { ...SILENT, seen_us: Date.now() * 1000 };
    const atUs = Date.now() * 1000;
    PlayedSource.newest().say(
        'snapshot',
        { id: 7, at_us: atUs, workers: [seen], videos: [], recent: [], errors: [], totals: {}, queues: [] },
        '7',
    );
}

/** Until the next time that the window looks, in which nothing is new. */
function glance() {
    pass(GLANCE_MS);
    PlayedSource.newest().open();
    pass(SECOND_MS);
    PlayedSource.newest().say('queues', { queues: [] });
}

beforeEach(() => {
    vi.useFakeTimers();
    PlayedSource.all.length = 0;
    setFocus(false);
});
afterEach(() => {
    stop();
    vi.useRealTimers();
});

it('is live when its stream is open and may stay so, and not before', () => {
    start(null);
    expect(state()).toBe('connecting');
    PlayedSource.newest().open();
    expect(state()).toBe('live');
});

it('is not live before something answers, nor while it is not known whether it may stay', () => {
    setFocus(true);
    start(new CrowdedChannel());
    pass(SECOND_MS);
    expect(state()).toBe('connecting');
    PlayedSource.newest().open();
    expect(state()).toBe('live');
});

it('never says that it is live where others hold the streams', () => {
    const states = new Set<string>();
    start(new CrowdedChannel());
    stream.subscribe(() => states.add(state()));
    PlayedSource.newest().open();
    saySnapshot();
    pass(SECOND_MS);
    expect(state()).toBe('glancing');
    expect(PlayedSource.newest().isClosed).toBe(true);
    glance();
    expect([...states]).toEqual(['connecting', 'glancing']);
});

it('waits for what it was opened for, however long that takes', () => {
    start(new CrowdedChannel());
    PlayedSource.newest().open();
    pass(30 * SECOND_MS);
    expect(PlayedSource.newest().isClosed).toBe(false);
    saySnapshot();
    expect(PlayedSource.newest().isClosed).toBe(true);
    pass(PICTURE_MS);
    expect(stream.getSnapshot().activity.id).toBe(7);
});

it('tells who is lost to a window that looks now and then', () => {
    start(new CrowdedChannel());
    PlayedSource.newest().open();
    saySnapshot();
    for (let passedUs = 0; passedUs < 2 * LOST_US; passedUs += GLANCE_MS * 1000) glance();
    expect(state()).toBe('glancing');
    expect(stream.getSnapshot().activity.workers.get(SILENT.id)?.state).toBe('lost');
});

it('does not take those for lost of whom it could not hear', () => {
    start(null);
    PlayedSource.newest().open();
    saySnapshot();
    PlayedSource.newest().onerror?.();
    pass(LOST_US / 500);
    PlayedSource.newest().open();
    pass(2 * SECOND_MS);
    expect(stream.getSnapshot().activity.workers.get(SILENT.id)?.state).toBe('busy');
});

it('holds a stream when one goes to the window', () => {
    start(new CrowdedChannel());
    PlayedSource.newest().open();
    saySnapshot();
    pass(SECOND_MS);
    setFocus(true);
    const opened = PlayedSource.newest();
    opened.open();
    opened.say('queues', { queues: [] });
    pass(60 * SECOND_MS);
    expect(state()).toBe('live');
    expect(PlayedSource.newest()).toBe(opened);
    expect(opened.isClosed).toBe(false);
});
