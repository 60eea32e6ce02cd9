// The video element as the player needs it: times are those of the frames (`pts_us`), what counts is the frame that is
// presented, and where the video cannot be played the stored pictures of its sampled frames take its place.
import { clamp, secondsOfUs, US_PER_MS, usOfSeconds } from '@/lib/time.ts';
import { NO_SAMPLES, sampleAt, sampleBeside, snapToSample, type Samples } from './samples.ts';
import { INSIDE_US, stepBack, stepForward } from './stepping.ts';
import { shownSeconds, watchFrames } from './watch-frames.ts';

export interface PlaybackState {
    /** `pictures`: the video cannot be played. */
    mode: 'video' | 'pictures';
    /** What went wrong with the video, as a sentence. */
    failure: string | null;
    playing: boolean;
    /** Playing or seeking, and the data is not there. */
    waiting: boolean;
    rate: number;
    volume: number;
    muted: boolean;
    /** The video as the browser shows it; 0: not known. */
    width: number;
    height: number;
}

export interface Settings {
    /** Whether the server has something that browsers play. */
    playable: boolean;
    /** media.media_offset_us: where the first frame is in the stream. */
    offsetUs: number;
    durationUs: number;
    /** A time limit: the file goes on after it, with what was not asked for and of which nothing is known. */
    isLimited: boolean;
    /** How long a frame of the video lasts, about. */
    frameUs: number;
}

export const RATES: readonly number[] = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4];

// A page in the background presents no frames: after this long the element's own clock is believed. It only says where it
// was told to go, not what is shown: in a page that is seen, a busy machine gets its time.
const PRESENTED_WITHIN_MS = { hidden: 250, seen: 3000 };
const SETTLED_EVERY_MS = 1000;
// A presented frame that is farther than this from where a seek goes, and nearer to where it came from, is one of before.
const STALE_FROM_S = 1;
// One that is this many frames from there may be, or lasts longer than most. Where the browser says what it shows, it is
// asked for a while whether it is still that one.
const DOUBTFUL_FROM_FRAMES = 2;
const ASK_EVERY_MS = 50;
const ASK_FOR_MS = 1000;
const SAME_FRAME_S = 0.001;

function failureOf(error: MediaError | null): string {
    if (error?.code === MediaError.MEDIA_ERR_NETWORK) return 'The connection to the video was lost.';
    // Browsers do not tell a server that refuses from a format that they do not know.
    if (error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED)
        return 'The video could not be fetched, or this browser cannot play it.';
    return 'This browser cannot play the video.';
}

type Listener = () => void;
class Overtaken extends Error {}

export class Playback {
    private state: PlaybackState;
    private video: HTMLVideoElement | null = null;
    private samples: Samples = NO_SAMPLES;
    private readonly stateListeners = new Set<Listener>();
    private readonly timeListeners = new Set<Listener>();
    private shownUs: number;
    /** Where it was last told to go, while it is on the way. */
    private targetUs: number | null = null;
    private travelling = false;
    private stepping = false;
    /** Stopped where what is looked at ends, though the file goes on. */
    private isAtEnd = false;
    /** Counts what it was told: a step that is overtaken by another order ends. */
    private orders = 0;
    private presentations = 0;
    /** Media time of the last one. */
    private lastSeconds = 0;
    private onPresented: Listener | null = null;
    private lastSeek: Promise<void> = Promise.resolve();
    private shortestUs: number;
    private slide: ReturnType<typeof setTimeout> | undefined;
    private doubts: ReturnType<typeof setTimeout> | undefined;
    private settledAt = 0;
    private settledUs = -1;
    private readonly settledListeners = new Set<(us: number) => void>();

    constructor(
        initialUs: number,
        private settings: Settings,
    ) {
        this.shownUs = clamp(initialUs, 0, Math.max(0, settings.durationUs));
        this.shortestUs = settings.frameUs / 2;
        this.state = {
            mode: settings.playable ? 'video' : 'pictures',
            failure: null,
            playing: false,
            waiting: false,
            rate: 1,
            volume: 1,
            muted: false,
            width: 0,
            height: 0,
        };
    }

    readonly subscribe = (listener: Listener) => {
        this.stateListeners.add(listener);
        return () => void this.stateListeners.delete(listener);
    };

    readonly getState = () => this.state;

    /** Calls back for each frame that is presented, and when it is told to go somewhere. */
    readonly subscribeTime = (listener: Listener) => {
        this.timeListeners.add(listener);
        return () => void this.timeListeners.delete(listener);
    };

    /** Calls back after a pause, seek or step, and at most once a second while playing. */
    readonly subscribeSettled = (listener: (us: number) => void) => {
        this.settledListeners.add(listener);
        return () => void this.settledListeners.delete(listener);
    };

    /** Of the frame that is shown. */
    readonly currentUs = () => this.shownUs;

    /** Where the playhead is: ahead of the picture while that is on its way. */
    readonly headUs = () => this.targetUs ?? this.shownUs;

    configure(settings: Settings) {
        if (settings.frameUs !== this.settings.frameUs) this.shortestUs = settings.frameUs / 2;
        this.settings = settings;
        if (!settings.playable) this.update({ mode: 'pictures' });
        else if (this.state.failure === null) this.update({ mode: 'video' });
    }

    setSamples(samples: Samples) {
        this.samples = samples;
        if (this.state.mode === 'pictures') this.timeChanged();
    }

    /** Takes the element over; gives what ends that. */
    attach(video: HTMLVideoElement): () => void {
        const ends = new AbortController();
        const on = (type: string, listener: Listener) => video.addEventListener(type, listener, ends);
        this.video = video;
        // The element may present its first frame before it says what it has: that is not where one wants to be.
        this.targetUs ??= this.shownUs;
        video.playbackRate = this.state.rate;
        video.volume = this.state.volume;
        video.muted = this.state.muted;
        const sized = () => this.update({ width: video.videoWidth, height: video.videoHeight });
        on('loadedmetadata', () => {
            sized();
            this.seekTo(this.headUs());
        });
        on('resize', sized);
        on('play', () => this.update({ playing: true }));
        on('pause', () => {
            this.update({ playing: false });
            if (!this.stepping) this.settle();
        });
        on('waiting', () => this.update({ waiting: true }));
        for (const type of ['playing', 'canplay', 'seeked']) on(type, () => this.update({ waiting: false }));
        on('volumechange', () => this.update({ volume: video.volume, muted: video.muted }));
        on('ratechange', () => this.update({ rate: video.playbackRate }));
        on('error', () => this.fail(video.error));
        const stopWatching = watchFrames(video, seconds => this.presented(seconds));
        return () => {
            ends.abort();
            stopWatching();
            clearTimeout(this.doubts);
            this.orders += 1;
            this.video = null;
            this.onPresented?.();
            this.update({ playing: false, waiting: false });
        };
    }

    /** Tries the video again after it failed. */
    retry() {
        this.pause();
        this.update({ mode: this.settings.playable ? 'video' : 'pictures', failure: null });
    }

    togglePlay() {
        if (this.state.playing) this.pause();
        else this.play();
    }

    play() {
        if (this.state.mode === 'pictures') {
            this.update({ playing: true });
            this.nextSlide();
            return;
        }
        // As an element does at its own end.
        if (this.isAtEnd) this.seekTo(0);
        this.orders += 1;
        // Refused where the page was not touched yet, and ended by a pause that comes soon: both are as good as paused.
        this.video?.play().catch(() => this.update({ playing: false }));
    }

    pause() {
        clearTimeout(this.slide);
        if (this.state.mode === 'pictures') this.update({ playing: false });
        this.video?.pause();
    }

    seekTo(us: number) {
        this.orders += 1;
        const { durationUs, isLimited } = this.settings;
        const target = clamp(Math.round(us), 0, Math.max(0, durationUs));
        this.isAtEnd = isLimited && target >= durationUs;
        if (this.state.mode === 'pictures') {
            this.shownUs = sampleAt(this.samples, target)?.pts_us ?? target;
            this.timeChanged();
            this.settle();
            return;
        }
        this.targetUs = target;
        this.timeChanged();
        void this.travel();
    }

    /** To the sampled frame before or after. */
    stepSample(direction: 1 | -1) {
        this.pause();
        const frame = sampleBeside(this.samples, this.headUs(), direction);
        if (frame !== undefined) this.seekTo(frame.pts_us);
    }

    /** To the video's own frame before or after. */
    async stepFrame(direction: 1 | -1): Promise<void> {
        this.pause();
        if (this.state.mode === 'pictures') {
            this.stepSample(direction);
            return;
        }
        if (this.stepping || this.targetUs !== null || this.video === null) return;
        this.stepping = true;
        this.isAtEnd = false;
        this.orders += 1;
        const order = this.orders;
        const from = this.shownUs;
        const media = {
            endUs: this.settings.durationUs,
            seek: async (us: number) => {
                if (order !== this.orders) throw new Overtaken();
                await this.seekElement(us);
                return this.shownUs;
            },
        };
        try {
            const step = direction < 0 ? stepBack : stepForward;
            const to = await step(media, from, this.shortestUs);
            const lasted = Math.abs(to - from);
            if (lasted > INSIDE_US) this.shortestUs = Math.min(this.shortestUs, lasted);
        } catch (error) {
            if (!(error instanceof Overtaken)) throw error;
        } finally {
            this.stepping = false;
            if (order === this.orders) this.settle();
        }
    }

    setRate(rate: number) {
        if (this.video === null) this.update({ rate });
        else this.video.playbackRate = rate;
    }

    /** The next slower or faster rate. */
    changeRate(direction: 1 | -1) {
        const faster = RATES.find(rate => rate > this.state.rate);
        const slower = RATES.findLast(rate => rate < this.state.rate);
        this.setRate((direction > 0 ? faster : slower) ?? this.state.rate);
    }

    setVolume(volume: number, muted = false) {
        this.update({ volume, muted });
        if (this.video === null) return;
        this.video.volume = volume;
        this.video.muted = muted;
    }

    toggleMuted() {
        const { volume, muted } = this.state;
        const silent = muted || volume === 0;
        this.setVolume(silent && volume === 0 ? 1 : volume, !silent);
    }

    private update(change: Partial<PlaybackState>) {
        const keys = Object.keys(change) as (keyof PlaybackState)[];
        if (keys.every(key => change[key] === this.state[key])) return;
        this.state = { ...this.state, ...change };
        for (const listener of this.stateListeners) listener();
    }

    private timeChanged() {
        for (const listener of this.timeListeners) listener();
    }

    private settle() {
        this.settledAt = performance.now();
        this.settledUs = this.shownUs;
        for (const listener of this.settledListeners) listener(this.shownUs);
    }

    private fail(error: MediaError | null) {
        this.update({
            mode: 'pictures',
            failure: failureOf(error),
            playing: false,
            waiting: false,
        });
        const us = this.headUs();
        this.targetUs = null;
        this.seekTo(us);
    }

    private presented(seconds: number) {
        if (this.state.mode !== 'video') return;
        this.presentations += 1;
        this.lastSeconds = seconds;
        this.shownUs = snapToSample(this.samples, Math.max(0, usOfSeconds(seconds) - this.settings.offsetUs));
        this.timeChanged();
        this.onPresented?.();
        if (this.state.playing && this.isBeyondLimit()) {
            this.pause();
            this.seekTo(this.settings.durationUs);
            return;
        }
        if (this.state.playing) {
            if (performance.now() - this.settledAt > SETTLED_EVERY_MS) this.settle();
            return;
        }
        // The frame from before a seek may have come in its place, and the right one comes only now.
        const resting = !this.travelling && !this.stepping && this.targetUs === null;
        if (resting && this.shownUs !== this.settledUs) this.settle();
    }

    private isBeyondLimit(): boolean {
        const { isLimited, durationUs } = this.settings;
        return isLimited && durationUs > 0 && this.shownUs >= durationUs;
    }

    /** Where the last frame before the limit lasts long, browsers may show the one after it. */
    private async backIntoLimit() {
        const { durationUs } = this.settings;
        const seek = async (us: number) => {
            await this.seekElement(us);
            return this.shownUs;
        };
        await stepBack({ endUs: durationUs, seek }, durationUs, this.shortestUs);
    }

    /** Goes to the target, and on to the newest one where it has changed on the way. */
    private async travel() {
        if (this.travelling) return;
        this.travelling = true;
        while (
            this.targetUs !== null &&
            this.video !== null &&
            this.video.readyState >= HTMLMediaElement.HAVE_METADATA
        ) {
            const target = this.targetUs;
            await this.seekElement(target + INSIDE_US, target);
            if (this.isBeyondLimit()) await this.backIntoLimit();
            if (this.targetUs === target) this.targetUs = null;
        }
        this.travelling = false;
        if (this.targetUs !== null) return;
        this.timeChanged();
        this.settle();
    }

    /** A frame that begins where the limit is was not looked at any more. */
    private withinLimit(us: number): number {
        return this.settings.isLimited ? Math.min(us, this.settings.durationUs - INSIDE_US) : us;
    }

    /** Resolves when the frame at a time is presented; where none is told of, it is taken for `meantUs`. One at a time. */
    private seekElement(us: number, meantUs = us): Promise<void> {
        this.lastSeek = this.lastSeek.then(() => this.seekNow(us, meantUs));
        return this.lastSeek;
    }

    private seekNow(us: number, meantUs: number): Promise<void> {
        const { video } = this;
        if (video === null) return Promise.resolve();
        return new Promise(resolve => {
            const before = this.presentations;
            const from = video.currentTime;
            const to = Math.max(0, secondsOfUs(this.withinLimit(us) + this.settings.offsetUs));
            const meant = Math.max(0, secondsOfUs(this.withinLimit(meantUs) + this.settings.offsetUs));
            // What is told of may have been on its way before the seek, and the one that it ends with told of never.
            const isBefore = (least: number) => {
                const last = this.lastSeconds;
                return Math.abs(last - to) > least && Math.abs(last - from) < Math.abs(last - to);
            };
            const isStale = () => isBefore(STALE_FROM_S);
            let timer: ReturnType<typeof setTimeout> | undefined;
            const end = () => {
                clearTimeout(timer);
                video.removeEventListener('seeked', seeked);
                this.onPresented = null;
                if (this.video !== null && this.presentations > before) this.doubt(isBefore);
                resolve();
            };
            const seeked = () => {
                if (this.presentations > before && !isStale()) end();
                else {
                    const within = document.hidden ? PRESENTED_WITHIN_MS.hidden : PRESENTED_WITHIN_MS.seen;
                    timer = setTimeout(() => this.presented(Math.min(meant, video.currentTime)), within);
                }
            };
            this.onPresented = () => {
                // A frame of before the seek may still come; what counts is the one that comes with its end.
                if (this.video === null || (!video.seeking && !isStale())) end();
            };
            video.addEventListener('seeked', seeked);
            clearTimeout(this.doubts);
            video.currentTime = to;
        });
    }

    /** After a seek that ended with a frame that may be one of before: looks whether another one is shown by and by. */
    private doubt(isBefore: (least: number) => boolean) {
        const far = secondsOfUs(DOUBTFUL_FROM_FRAMES * this.settings.frameUs);
        const until = performance.now() + ASK_FOR_MS;
        const ask = () => {
            const { video } = this;
            if (video === null || video.seeking || !isBefore(far) || performance.now() > until) return;
            const shown = shownSeconds(video);
            if (shown === null) return;
            if (Math.abs(shown - this.lastSeconds) > SAME_FRAME_S) this.presented(shown);
            else this.doubts = setTimeout(ask, ASK_EVERY_MS);
        };
        if (!this.stepping) ask();
    }

    /** Playing where there are pictures only: one sampled frame after the other, in their time. */
    private nextSlide() {
        clearTimeout(this.slide);
        const next = sampleBeside(this.samples, this.shownUs, 1);
        if (next === undefined) {
            this.update({ playing: false });
            return;
        }
        const wait = (next.pts_us - this.shownUs) / US_PER_MS / this.state.rate;
        this.slide = setTimeout(() => {
            if (!this.state.playing || this.state.mode !== 'pictures') return;
            this.seekTo(next.pts_us);
            this.nextSlide();
        }, wait);
    }
}
