// Addresses of what the browser itself fetches: pictures, video, event streams.

export function objectImageUrl(object: string): string {
    return `/api/v1/objects/${encodeURIComponent(object)}/image`;
}

export function frameImageUrl(frame: string): string {
    return `/api/v1/frames/${encodeURIComponent(frame)}/image`;
}

/** Only where the video's `thumbnail` says that there is one. */
export function videoImageUrl(video: string): string {
    return `/api/v1/videos/${encodeURIComponent(video)}/image`;
}

export function videoStreamUrl(video: string): string {
    return `/api/v1/videos/${encodeURIComponent(video)}/stream`;
}

/** What people change in a project, and of the tracks of one of its videos. */
export function changesUrl(project: string, video: string | null): string {
    const path = `/api/v1/projects/${encodeURIComponent(project)}/changes`;
    return video === null ? path : `${path}?video=${encodeURIComponent(video)}`;
}

export const ACTIVITY_URL = '/api/v1/activity';
