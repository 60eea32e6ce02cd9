// Whether the server knew a video before it was submitted. Its answer is the video either way, so the times say it: both
// are the server's own, and how long the request took is measured here.

/** `date`: the answer's Date header; it has whole seconds, and is cut, not rounded. */
export function wasThereBefore(createdAt: string, date: string | null, tookMs: number): boolean {
    const created = Date.parse(createdAt);
    const answered = date === null ? NaN : Date.parse(date);
    if (Number.isNaN(created) || Number.isNaN(answered)) return false;
    return created < answered - tookMs - 1000;
}
