// How long streams of events wait before they try again, and before they are closed.

const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 10_000;

/** A browser allows few connections to a server: so long after a page was hidden its streams are closed. */
export const HIDDEN_GRACE_MS = 5000;

/** How long to wait before the n-th attempt in a row, with some scatter so that many pages do not come at once. */
export function delayOf(attempt: number, random = Math.random()): number {
    return Math.min(FIRST_DELAY_MS * 2 ** attempt, LONGEST_DELAY_MS) * (0.8 + 0.4 * random);
}
