// Times inside a video are whole microseconds from its first frame (`pts_us`); the player speaks seconds.

export const US_PER_S = 1_000_000;
export const US_PER_MS = 1000;

/** Frames are fetched in windows of this length; see keys.frames(). */
export const FRAME_WINDOW_US = 20 * US_PER_S;

export function secondsOfUs(us: number): number {
    return us / US_PER_S;
}

export function usOfSeconds(seconds: number): number {
    return Math.round(seconds * US_PER_S);
}

export function clamp(value: number, least: number, most: number): number {
    return Math.min(Math.max(value, least), most);
}

export function windowIndexOf(us: number): number {
    return Math.max(0, Math.floor(us / FRAME_WINDOW_US));
}

/** From (inclusive) and to (exclusive) of a window, as the frames' query wants them. */
export function windowRange(index: number): { from_us: number; to_us: number } {
    return { from_us: index * FRAME_WINDOW_US, to_us: (index + 1) * FRAME_WINDOW_US };
}
