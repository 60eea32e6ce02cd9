import { US_PER_S } from '@/lib/time.ts';

/**
 * Calls back with the media time, in seconds, of each frame that the element presents; gives what ends that. Browsers
 * without requestVideoFrameCallback say only where their clock is: then that is asked before each repaint.
 */
export function watchFrames(video: HTMLVideoElement, presented: (seconds: number) => void): () => void {
    let handle = 0;
    if ('requestVideoFrameCallback' in video) {
        const watch: VideoFrameRequestCallback = (_, { mediaTime }) => {
            handle = video.requestVideoFrameCallback(watch);
            presented(mediaTime);
        };
        handle = video.requestVideoFrameCallback(watch);
        return () => video.cancelVideoFrameCallback(handle);
    }
    let last = -1;
    const element: HTMLVideoElement = video;
    const ask = () => {
        handle = requestAnimationFrame(ask);
        if (element.currentTime !== last && !element.seeking) presented((last = element.currentTime));
    };
    handle = requestAnimationFrame(ask);
    return () => cancelAnimationFrame(handle);
}

/**
 * The media time, in seconds, of the frame that the element shows. Null where the browser does not say: one without
 * WebCodecs, a page that came neither over TLS nor from this machine, a video from elsewhere.
 */
export function shownSeconds(video: HTMLVideoElement): number | null {
    if (typeof VideoFrame === 'undefined') return null;
    try {
        const frame = new VideoFrame(video);
        const seconds = frame.timestamp / US_PER_S;
        frame.close();
        return seconds;
    } catch {
        return null;
    }
}
