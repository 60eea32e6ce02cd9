// From the server's counts to what the timeline draws.
import type { Schema } from '@/api/client.ts';

export interface Column {
    fromUs: number;
    toUs: number;
    /** Objects per frame; null where no frame is indexed. */
    density: number | null;
    explicit: number;
    probable: number;
    track: number;
}

type Timeline = Schema<'Timeline'>;

/** The parts of several timelines, in order. */
export function columnsOf(timelines: readonly Timeline[]): Column[] {
    return timelines.flatMap(line => {
        const length = (line.to_us - line.from_us) / Math.max(1, line.objects.length);
        return line.objects.map((objects, i) => {
            const frames = line.frames[i] ?? 0;
            return {
                fromUs: line.from_us + i * length,
                toUs: line.from_us + (i + 1) * length,
                density: frames > 0 ? objects / frames : null,
                explicit: line.explicit?.[i] ?? 0,
                probable: line.probable?.[i] ?? 0,
                track: line.track?.[i] ?? 0,
            };
        });
    });
}

/** Parts shorter than the time between two sampled frames have none: they go on as the part before them. */
export function filled(columns: readonly Column[], intervalUs: number): Column[] {
    let last: Column | undefined;
    return columns.map(column => {
        if (column.density !== null) {
            last = column;
            return column;
        }
        if (last === undefined || column.fromUs - last.fromUs > intervalUs * 1.5) return column;
        return { ...last, fromUs: column.fromUs, toUs: column.toUs };
    });
}

export function densest(columns: readonly Column[]): number {
    return columns.reduce((most, { density }) => Math.max(most, density ?? 0), 0);
}

export interface Span {
    fromUs: number;
    toUs: number;
}

/**
 * What is not looked at yet of a video that is being ingested: what its segments do not cover, or do not have done, and
 * what waits in the queue. Frames are looked at about in their order, so where `framesDone` of them end is known well
 * enough to draw.
 */
export function notIndexed(segments: readonly Schema<'Segment'>[], durationUs: number, framesDone: number): Span[] {
    const spans: Span[] = [];
    const add = (fromUs: number, toUs: number) => {
        const last = spans.at(-1);
        if (toUs <= fromUs) return;
        if (last !== undefined && last.toUs >= fromUs) last.toUs = Math.max(last.toUs, toUs);
        else spans.push({ fromUs, toUs });
    };
    let covered = 0;
    let left = framesDone;
    for (const segment of [...segments].sort((a, b) => a.start_us - b.start_us)) {
        add(covered, segment.start_us);
        const known = segment.done && segment.frames > 0 ? Math.min(1, left / segment.frames) : Number(segment.done);
        const knownUs = segment.start_us + known * (segment.end_us - segment.start_us);
        add(Math.max(covered, knownUs), segment.end_us);
        left = Math.max(0, left - segment.frames);
        covered = Math.max(covered, segment.end_us);
    }
    add(covered, durationUs);
    return spans;
}
