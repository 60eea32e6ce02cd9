// How fast something is sent and how long it will still take, from what was seen lately.

export interface Sample {
    atMs: number;
    bytes: number;
}

export interface Estimate {
    /** undefined until enough was seen to say. */
    bytesPerS: number | undefined;
    leftMs: number | undefined;
}

/** Only this much of the past counts: networks change. */
const WINDOW_MS = 6000;
/** From less than this nothing is concluded. */
const LEAST_MS = 800;
/** As many as a window needs, and no more. */
const SAMPLE_EVERY_MS = 100;

/** The samples with one more, without what is too old or too close to say anything. */
export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
    const last = samples.at(-1);
    // Going back means that the sending has begun again.
    if (last !== undefined && sample.bytes < last.bytes) return [sample];
    const before = samples.at(-2);
    const kept =
        last !== undefined && before !== undefined && last.atMs - before.atMs < SAMPLE_EVERY_MS
            ? samples.slice(0, -1)
            : samples;
    return [...kept.filter(old => sample.atMs - old.atMs <= WINDOW_MS), sample];
}

/** `nowMs`: a stalled sender gives no samples, and gets slower nevertheless. */
export function estimate(samples: readonly Sample[], totalBytes: number, nowMs: number): Estimate {
    const first = samples[0];
    const last = samples.at(-1);
    if (first === undefined || last === undefined) return { bytesPerS: undefined, leftMs: undefined };
    const passedMs = Math.max(nowMs, last.atMs) - first.atMs;
    if (passedMs < LEAST_MS) return { bytesPerS: undefined, leftMs: undefined };
    const bytesPerS = ((last.bytes - first.bytes) / passedMs) * 1000;
    const left = Math.max(0, totalBytes - last.bytes);
    if (left === 0) return { bytesPerS, leftMs: 0 };
    return { bytesPerS, leftMs: bytesPerS > 0 ? (left / bytesPerS) * 1000 : undefined };
}

/** A time left as one says it: "less than 5 s", "about 20 s", "about 3 min", "about 2 h 10 min". */
export function shownTimeLeft(ms: number): string {
    const seconds = ms / 1000;
    if (seconds < 5) return 'less than 5 s';
    if (seconds < 60) return `about ${Math.ceil(seconds / 5) * 5} s`;
    const minutes = Math.ceil(seconds / 60);
    if (minutes < 60) return `about ${minutes} min`;
    const rest = Math.round((minutes % 60) / 10) * 10;
    const hours = Math.floor(minutes / 60) + (rest === 60 ? 1 : 0);
    return rest === 0 || rest === 60 ? `about ${hours} h` : `about ${hours} h ${rest} min`;
}
