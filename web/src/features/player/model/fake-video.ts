// A video element for the tests of the playback: it seeks, plays and presents frames when the test says so.
import type { Playback } from './playback.ts';

type Presented = (now: number, metadata: { mediaTime: number }) => void;

export class FakeVideo extends EventTarget {
    static readonly HAVE_METADATA = 1;
    readyState = 0;
    paused = true;
    seeking = false;
    volume = 1;
    muted = false;
    videoWidth = 0;
    videoHeight = 0;
    error: { code: number } | null = null;
    /** Where it was told to go, in the order it was told. */
    readonly seeks: number[] = [];
    private rate = 1;
    private time = 0;
    private waiting = new Map<number, Presented>();
    private handle = 0;

    get currentTime() {
        return this.time;
    }

    set currentTime(seconds: number) {
        this.time = seconds;
        this.seeks.push(Math.round(seconds * 1e6));
        this.seeking = true;
    }

    get playbackRate() {
        return this.rate;
    }

    set playbackRate(rate: number) {
        this.rate = rate;
        this.tell('ratechange');
    }

    play(): Promise<void> {
        this.paused = false;
        this.tell('play');
        return Promise.resolve();
    }

    pause() {
        if (this.paused) return;
        this.paused = true;
        this.tell('pause');
    }

    requestVideoFrameCallback(callback: Presented): number {
        this.waiting.set(++this.handle, callback);
        return this.handle;
    }

    cancelVideoFrameCallback(handle: number) {
        this.waiting.delete(handle);
    }

    tell(type: string) {
        this.dispatchEvent(new Event(type));
    }

    load(width: number, height: number) {
        Object.assign(this, { readyState: 4, videoWidth: width, videoHeight: height });
        this.tell('loadedmetadata');
    }

    present(us: number) {
        const callbacks = [...this.waiting.values()];
        this.waiting.clear();
        for (const callback of callbacks) callback(0, { mediaTime: us / 1e6 });
    }

    /** Ends the seek that is on its way: the frame of that time is presented. */
    arrive(us: number) {
        this.seeking = false;
        this.present(us);
        this.tell('seeked');
    }

    fail(code: number) {
        this.error = { code };
        this.tell('error');
    }
}

export function attach(playback: Playback, video: FakeVideo): () => void {
    return playback.attach(video as unknown as HTMLVideoElement);
}
