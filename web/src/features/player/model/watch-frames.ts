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
