// The log: what happened, as lines with a level.
import type { Schema } from '@/api/client.ts';
import { capital } from '@/lib/sentence.ts';

type ActivityEvent = Schema<'ActivityEvent'>;

export type Level = 'detail' | 'info' | 'warning' | 'error';

export interface Line {
    /** Grows; tells lines apart and gives their order. */
    key: number;
    atUs: number;
    level: Level;
    text: string;
    video: string | undefined;
    worker: string | undefined;
}

export interface Log {
    /** Oldest first. */
    lines: readonly Line[];
    /** Single frames: many, and of interest only while one looks at them. */
    details: readonly Line[];
    nextKey: number;
}

export const LINES_MOST = 1000;
export const DETAILS_MOST = 400;

export function emptyLog(): Log {
    return { lines: [], details: [], nextKey: 0 };
}

const VIDEO_LEVELS: Record<string, Level> = { failed: 'error', incomplete: 'warning', cancelled: 'warning' };

const VIDEO_TEXTS: Record<string, string> = {
    queued: 'The video waits for its turn',
    running: 'The video is being indexed',
    done: 'The video is done',
    incomplete: 'The video is done, with gaps',
    failed: 'The video failed',
    cancelled: 'The video was cancelled',
    deleting: 'The video is being deleted',
};

function place(event: ActivityEvent): string {
    return event.segment === undefined ? '' : `segment ${event.segment}`;
}

function levelOf(event: ActivityEvent): Level | undefined {
    switch (event.kind) {
        case 'frame_emitted':
        case 'frame_indexed':
            return 'detail';
        case 'segment_split':
        case 'segment_done':
        case 'tracked':
            return 'info';
        case 'video':
            return VIDEO_LEVELS[event.text ?? ''] ?? 'info';
        // What is tried again, or was left out while the rest goes on. What ends for good is said by the next two.
        case 'error':
            return 'warning';
        case 'segment_failed':
        case 'frame_failed':
            return 'error';
        case 'progress':
            return undefined;
    }
}

function textOf(event: ActivityEvent): string {
    const count = event.count ?? 0;
    switch (event.kind) {
        case 'frame_emitted':
            return `Frame ${event.frame ?? '?'} emitted`;
        case 'frame_indexed':
            return `Frame ${event.frame ?? '?'} indexed, ${count} ${count === 1 ? 'object' : 'objects'}`;
        case 'segment_split':
            return `${capital(place(event))} cut`;
        case 'segment_done':
            return `${capital(place(event))} decoded, ${count} ${count === 1 ? 'frame' : 'frames'}`;
        case 'tracked':
            return `Objects followed: ${count} ${count === 1 ? 'track' : 'tracks'}`;
        case 'video':
            return VIDEO_TEXTS[event.text ?? ''] ?? `The video is ${event.text ?? 'in an unknown state'}`;
        case 'segment_failed':
            return `${capital(place(event))} failed${event.text === undefined ? '' : `: ${event.text}`}`;
        case 'frame_failed':
            return `Frame ${event.frame ?? '?'} failed${event.text === undefined ? '' : `: ${event.text}`}`;
        default:
            return capital(event.text ?? '');
    }
}

function lineOf(event: ActivityEvent, level: Level, key: number): Line {
    return { key, atUs: event.at_us, level, text: textOf(event), video: event.video, worker: event.worker };
}

/** The events at the end of the log; what is too old falls out. */
export function addToLog(log: Log, events: readonly ActivityEvent[]): Log {
    const lines: Line[] = [];
    const details: Line[] = [];
    let nextKey = log.nextKey;
    for (const event of events) {
        const level = levelOf(event);
        if (level === undefined) continue;
        (level === 'detail' ? details : lines).push(lineOf(event, level, nextKey));
        nextKey += 1;
    }
    if (nextKey === log.nextKey) return log;
    return {
        lines: lines.length === 0 ? log.lines : [...log.lines, ...lines].slice(-LINES_MOST),
        details: details.length === 0 ? log.details : [...log.details, ...details].slice(-DETAILS_MOST),
        nextKey,
    };
}

function sameLine(a: Line, b: Line): boolean {
    return a.atUs === b.atUs && a.text === b.text && a.video === b.video && a.worker === b.worker;
}

/** Whether it has a line about an event already. */
export function isInLog(log: Log, event: ActivityEvent): boolean {
    const level = levelOf(event);
    if (level === undefined) return false;
    const line = lineOf(event, level, 0);
    return (level === 'detail' ? log.details : log.lines).some(known => sameLine(known, line));
}

/** The log after a snapshot: what it brings, once each, and of what we had what is older or not in it. */
export function logOf(before: Log, events: readonly ActivityEvent[]): Log {
    const fresh = addToLog(
        emptyLog(),
        [...events].sort((a, b) => a.at_us - b.at_us),
    );
    const merge = (ours: readonly Line[], theirs: readonly Line[], most: number) => {
        const merged: Line[] = [];
        for (const line of [...ours, ...theirs].sort((a, b) => a.atUs - b.atUs)) {
            let known = false;
            for (let i = merged.length - 1; i >= 0 && merged[i]?.atUs === line.atUs && !known; i--)
                known = sameLine(line, merged[i] as Line);
            if (!known) merged.push(line);
        }
        return merged.slice(-most);
    };
    let nextKey = before.nextKey;
    const number = (line: Line): Line => ({ ...line, key: nextKey++ });
    return {
        lines: merge(before.lines, fresh.lines, LINES_MOST).map(number),
        details: merge(before.details, fresh.details, DETAILS_MOST).map(number),
        nextKey,
    };
}

export const LEVEL_FILTERS = ['info', 'detail', 'warning', 'error'] as const;
export type LevelFilter = (typeof LEVEL_FILTERS)[number];

export interface LogFilter {
    /** This level and what is worse. */
    level: LevelFilter;
    /** Only these videos; null for all. Lines about no video are shown with all of them only. */
    videos: ReadonlySet<string> | null;
    worker: string | null;
}

const RANKS: Record<Level, number> = { detail: 0, info: 1, warning: 2, error: 3 };

export function filterLog(log: Log, filter: LogFilter): Line[] {
    const least = RANKS[filter.level];
    const wanted = (line: Line) =>
        RANKS[line.level] >= least &&
        (filter.videos === null || (line.video !== undefined && filter.videos.has(line.video))) &&
        (filter.worker === null || line.worker === filter.worker);
    const lines = log.lines.filter(wanted);
    if (filter.level !== 'detail') return lines;
    return [...lines, ...log.details.filter(wanted)].sort((a, b) => a.atUs - b.atUs || a.key - b.key);
}

/** For the clipboard: one line each, with the time in full. */
export function logAsText(lines: readonly Line[], nameOf: (video: string) => string): string {
    return lines
        .map(line =>
            [
                new Date(line.atUs / 1000).toISOString(),
                line.level.toUpperCase().padEnd(7),
                line.worker ?? '-',
                line.video === undefined ? '-' : nameOf(line.video),
                line.text,
            ].join('  '),
        )
        .join('\n');
}
