// Numbers and times as people read them. English, like the rest of the texts.

const LOCALE = 'en-GB';
const counts = new Intl.NumberFormat(LOCALE);
const compact = new Intl.NumberFormat(LOCALE, { notation: 'compact', maximumFractionDigits: 1 });
const dates = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'short' });
const ago = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto' });

/** 12345 → "12,345". */
export function formatCount(value: number): string {
    return counts.format(value);
}

/** 12345 → "12.3K": where there is little room. */
export function formatCompact(value: number): string {
    return compact.format(value);
}

/** "1 frame", "2 frames", "3 boxes" with formatNumberOf(3, 'box', 'boxes'). */
export function formatNumberOf(value: number, one: string, many = `${one}s`): string {
    return `${formatCount(value)} ${value === 1 ? one : many}`;
}

/** A place in a video: "0:07.480", "1:02:03.480"; without milliseconds "0:07". */
export function formatTimecode(us: number, options: { ms?: boolean } = {}): string {
    const { ms = true } = options;
    // Cut, not rounded: the place shown is never after the frame that is shown.
    const total = Math.max(0, Math.floor(us / 1000));
    const seconds = Math.floor(total / 1000) % 60;
    const minutes = Math.floor(total / 60_000) % 60;
    const hours = Math.floor(total / 3_600_000);
    const head = hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}` : String(minutes);
    const tail = ms ? `.${String(total % 1000).padStart(3, '0')}` : '';
    return `${head}:${String(seconds).padStart(2, '0')}${tail}`;
}

/** How long something is or takes: "480 ms", "7.5 s", "1 min 20 s", "2 h 5 min". */
export function formatDuration(us: number): string {
    if (us < 1_000_000) return `${Math.round(Math.max(us, 0) / 1000)} ms`;
    if (us < 9_950_000) return `${Number((us / 1_000_000).toFixed(1))} s`;
    const seconds = Math.round(us / 1_000_000);
    if (seconds < 60) return `${seconds} s`;
    if (seconds < 3600)
        return [`${Math.floor(seconds / 60)} min`, seconds % 60 && `${seconds % 60} s`].filter(Boolean).join(' ');
    const minutes = Math.round(seconds / 60);
    return [`${Math.floor(minutes / 60)} h`, minutes % 60 && `${minutes % 60} min`].filter(Boolean).join(' ');
}

/** 1234567 → "1.2 MB" (powers of ten, as disks and networks are sold). */
export function formatBytes(bytes: number): string {
    const units = ['B', 'kB', 'MB', 'GB', 'TB'];
    let value = bytes;
    let unit = 0;
    while (value >= 999.5 && unit < units.length - 1) {
        value /= 1000;
        unit += 1;
    }
    const digits = unit === 0 || value >= 99.95 ? 0 : 1;
    return `${value.toFixed(digits)} ${units[unit] ?? ''}`;
}

/** 24.94 → "24.9 frames/s". */
export function formatRate(perSecond: number, what = 'frames'): string {
    const digits = perSecond > 0 && perSecond < 99.95 ? 1 : 0;
    return `${perSecond.toFixed(digits)} ${what}/s`;
}

/** 0.873 → "87 %"; never 100 % before it is all. */
export function formatPercent(share: number): string {
    const percent = Math.round(share * 100);
    return `${percent === 100 && share < 1 ? 99 : percent} %`;
}

/** A similarity or a detector's score: 0.8731 → "0.87". */
export function formatScore(score: number): string {
    return score.toFixed(2).replace(/^-0\.00$/, '0.00');
}

/** An RFC 3339 time as a date and a time of day. */
export function formatDateTime(time: string): string {
    return dates.format(new Date(time));
}

/** An RFC 3339 time as "3 minutes ago". */
export function formatAgo(time: string, now = Date.now()): string {
    const seconds = Math.round((new Date(time).getTime() - now) / 1000);
    const steps: [Intl.RelativeTimeFormatUnit, number][] = [
        ['day', 86_400],
        ['hour', 3600],
        ['minute', 60],
    ];
    for (const [unit, length] of steps) {
        if (Math.abs(seconds) >= length) return ago.format(Math.trunc(seconds / length), unit);
    }
    return Math.abs(seconds) < 10 ? 'just now' : ago.format(seconds, 'second');
}
