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

export const ACTIVITY_URL = '/api/v1/activity';
