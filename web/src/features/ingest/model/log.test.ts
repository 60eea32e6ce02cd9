import { describe, expect, it } from 'vitest';
import { addToLog, DETAILS_MOST, emptyLog, filterLog, LINES_MOST, logAsText, logOf, type LogFilter } from './log.ts';
import type { ActivityEvent } from './activity.ts';

const VIDEO = '0123456789abcdef';
const ALL: LogFilter = { level: 'detail', videos: null, worker: null };

function event(kind: ActivityEvent['kind'], atUs: number, more: Partial<ActivityEvent> = {}): ActivityEvent {
    return { kind, at_us: atUs, ...more };
}

const texts = (lines: { text: string }[]) => lines.map(line => line.text);

describe('addToLog', () => {
    it('gives each event its level and a sentence', () => {
        const log = addToLog(emptyLog(), [
            event('video', 1, { text: 'running', video: VIDEO }),
            event('segment_done', 2, { segment: 3, count: 1 }),
            event('error', 3, { text: 'the disk is slow' }),
            event('frame_failed', 4, { frame: 9, text: 'a damaged picture' }),
            event('video', 5, { text: 'incomplete' }),
        ]);
        expect(log.lines.map(line => [line.level, line.text])).toEqual([
            ['info', 'The video is being indexed'],
            ['info', 'Segment 3 decoded, 1 frame'],
            ['warning', 'The disk is slow'],
            ['error', 'Frame 9 failed: a damaged picture'],
            ['warning', 'The video is done, with gaps'],
        ]);
    });

    it('leaves an address as it is written', () => {
        const text = 'http://host/a.mp4: the host does not answer';
        expect(addToLog(emptyLog(), [event('error', 1, { text })]).lines[0]?.text).toBe(text);
    });

    it('leaves progress out and is the same log then', () => {
        const log = emptyLog();
        expect(addToLog(log, [event('progress', 1, { text: 'fetch', done: 1, total: 2 })])).toBe(log);
    });

    it('keeps frames apart, so that they push nothing else out', () => {
        const many = Array.from({ length: 5000 }, (_, i) => event('frame_indexed', i + 2, { frame: i, count: 1 }));
        const log = addToLog(emptyLog(), [event('video', 1, { text: 'queued' }), ...many]);
        expect(log.lines).toHaveLength(1);
        expect(log.details).toHaveLength(DETAILS_MOST);
        expect(log.details.at(-1)?.text).toBe('Frame 4999 indexed, 1 object');
    });

    it('has an end', () => {
        const many = Array.from({ length: LINES_MOST + 5 }, (_, i) => event('error', i, { text: `error ${i}` }));
        expect(addToLog(emptyLog(), many).lines[0]?.text).toBe('Error 5');
    });
});

describe('logOf', () => {
    it('keeps what we had and adds what the snapshot knows, once each', () => {
        const ours = addToLog(emptyLog(), [event('error', 1, { text: 'a' }), event('error', 2, { text: 'b' })]);
        const merged = logOf(ours, [
            event('error', 3, { text: 'c' }),
            event('error', 2, { text: 'b' }),
            event('error', 2, { text: 'b' }),
        ]);
        expect(texts([...merged.lines])).toEqual(['A', 'B', 'C']);
        expect(new Set(merged.lines.map(line => line.key)).size).toBe(3);
    });

    it('tells two events of the same moment apart', () => {
        const merged = logOf(emptyLog(), [event('error', 2, { text: 'b' }), event('error', 2, { text: 'c' })]);
        expect(merged.lines).toHaveLength(2);
    });
});

describe('a tracked video', () => {
    it('is said with its tracks', () => {
        const log = addToLog(emptyLog(), [
            event('tracked', 1, { count: 1, video: VIDEO }),
            event('tracked', 2, { count: 12, video: VIDEO }),
        ]);
        expect(texts(filterLog(log, ALL))).toEqual(['Objects followed: 1 track', 'Objects followed: 12 tracks']);
    });
});

describe('filterLog', () => {
    const log = addToLog(emptyLog(), [
        event('video', 1, { text: 'running', video: VIDEO }),
        event('frame_indexed', 2, { frame: 1, count: 0, video: VIDEO, worker: 'indexer-h-1-0' }),
        event('error', 3, { text: 'slow', worker: 'splitter-h-1-0' }),
        event('frame_failed', 4, { frame: 2, video: VIDEO, worker: 'indexer-h-1-0' }),
    ]);

    it('shows a level and what is worse', () => {
        expect(texts(filterLog(log, { ...ALL, level: 'warning' }))).toEqual(['Slow', 'Frame 2 failed']);
        expect(filterLog(log, { ...ALL, level: 'info' })).toHaveLength(3);
    });

    it('shows frames in their place among the rest', () => {
        expect(filterLog(log, ALL).map(line => line.atUs)).toEqual([1, 2, 3, 4]);
    });

    it('shows lines of a video or a worker only', () => {
        expect(filterLog(log, { ...ALL, videos: new Set([VIDEO]) })).toHaveLength(3);
        expect(texts(filterLog(log, { ...ALL, worker: 'splitter-h-1-0' }))).toEqual(['Slow']);
    });

    it('can be copied', () => {
        const text = logAsText(filterLog(log, { ...ALL, level: 'error' }), () => 'clip.mp4');
        expect(text).toBe('1970-01-01T00:00:00.000Z  ERROR    indexer-h-1-0  clip.mp4  Frame 2 failed');
    });
});
