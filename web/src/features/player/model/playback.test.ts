import { setMaxListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { attach, FakeVideo } from './fake-video.ts';
import { Playback, type Settings } from './playback.ts';
import { makeSamples } from './samples.ts';
import { frame, SECOND } from './testing.ts';

// One signal ends all listeners of an element; Node takes more than ten for a leak.
setMaxListeners(100);

const SETTINGS: Settings = {
    playable: true,
    offsetUs: 0,
    durationUs: 10 * SECOND,
    isLimited: false,
    frameUs: 40_000,
};
const samples = makeSamples(
    [0, 200_000, 400_000, 600_000].map(us => frame(us, [])),
    200_000,
);
/** Lets what waits for promises go on. */
const soon = () => new Promise(resolve => setImmediate(resolve));

beforeEach(() => {
    vi.stubGlobal('HTMLMediaElement', FakeVideo);
    vi.stubGlobal('MediaError', { MEDIA_ERR_NETWORK: 2, MEDIA_ERR_DECODE: 3, MEDIA_ERR_SRC_NOT_SUPPORTED: 4 });
});

afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
});

interface Watched {
    playback: Playback;
    video: FakeVideo;
    settled: number[];
    detach: () => void;
}

/** A playback with its video, at its beginning unless told otherwise. */
async function watch({ at = 0, ...settings }: Partial<Settings> & { at?: number } = {}): Promise<Watched> {
    const playback = new Playback(at, { ...SETTINGS, ...settings });
    playback.setSamples(samples);
    const video = new FakeVideo();
    const settled: number[] = [];
    playback.subscribeSettled(us => settled.push(us));
    const detach = attach(playback, video);
    video.load(640, 480);
    await soon();
    video.arrive(at + (settings.offsetUs ?? 0));
    await soon();
    settled.length = 0;
    return { playback, video, settled, detach };
}

/** One whose element has said what it has, and is on the way to a place. With the clock of the test. */
async function begin(at: number) {
    vi.stubGlobal('document', { hidden: false });
    const playback = new Playback(at, SETTINGS);
    const video = new FakeVideo();
    const settled: number[] = [];
    playback.subscribeSettled(us => settled.push(us));
    attach(playback, video);
    video.load(640, 480);
    await vi.advanceTimersByTimeAsync(0);
    return { playback, video, settled };
}

/** One whose element is asked what it shows: the first frame, until told otherwise. */
async function watchTelling(at: number) {
    let shownUs = 0;
    class Shown {
        readonly timestamp = shownUs;
        close() {
            return undefined;
        }
    }
    vi.stubGlobal('VideoFrame', Shown);
    return { shows: (us: number) => (shownUs = us), ...(await begin(at)) };
}

describe('a playback with a video', () => {
    it('begins at the place it is given, whatever the element shows first', async () => {
        const playback = new Playback(3 * SECOND, SETTINGS);
        const video = new FakeVideo();
        attach(playback, video);
        video.present(0);
        expect(playback.headUs()).toBe(3 * SECOND);
        video.load(640, 480);
        await soon();
        expect(video.seeks).toEqual([3 * SECOND + 1000]);
        video.arrive(3 * SECOND);
        await soon();
        expect([playback.currentUs(), playback.headUs()]).toEqual([3 * SECOND, 3 * SECOND]);
        expect(playback.getState()).toMatchObject({ mode: 'video', width: 640, height: 480 });
    });

    it('counts from the first frame, wherever that is in the stream', async () => {
        const { playback, video } = await watch({ offsetUs: 700_000 });
        playback.seekTo(200_000);
        await soon();
        expect(video.seeks.at(-1)).toBe(901_000);
        video.arrive(900_000);
        await soon();
        expect(playback.currentUs()).toBe(200_000);
    });

    it('is where the presented frame is, not where the clock of the element is', async () => {
        const { playback, video, settled } = await watch();
        playback.seekTo(253_000);
        expect([playback.currentUs(), playback.headUs()]).toEqual([0, 253_000]);
        await soon();
        video.arrive(240_000);
        await soon();
        expect([playback.currentUs(), playback.headUs()]).toEqual([240_000, 240_000]);
        expect(settled).toEqual([240_000]);
    });

    it('takes a rounded time for that of the sample it belongs to', async () => {
        const { playback, video } = await watch();
        playback.seekTo(400_000);
        await soon();
        video.arrive(399_999);
        await soon();
        expect(playback.currentUs()).toBe(400_000);
    });

    it('does not leave the video', async () => {
        const { playback, video } = await watch();
        playback.seekTo(-5 * SECOND);
        expect(playback.headUs()).toBe(0);
        await soon();
        video.arrive(0);
        await soon();
        playback.seekTo(99 * SECOND);
        expect(playback.headUs()).toBe(10 * SECOND);
    });

    it('ends where the time limit is, though the file goes on, and begins anew from there', async () => {
        const { playback, video, settled } = await watch({ durationUs: 2 * SECOND, isLimited: true });
        playback.play();
        video.present(1_960_000);
        expect(video.paused).toBe(false);
        video.present(2 * SECOND);
        expect(video.paused).toBe(true);
        await soon();
        expect(video.seeks.at(-1)).toBe(1_999_000);
        video.arrive(1_960_000);
        await soon();
        expect(playback.currentUs()).toBe(1_960_000);
        expect(settled.at(-1)).toBe(1_960_000);

        playback.play();
        await soon();
        expect(video.paused).toBe(false);
        expect(video.seeks.at(-1)).toBe(1000);
        video.arrive(0);
        video.present(1_960_000);
        video.present(2 * SECOND);
        // Whoever goes elsewhere from the end plays on from there.
        playback.seekTo(SECOND);
        await soon();
        const before = video.seeks.length;
        playback.play();
        await soon();
        expect(video.seeks.slice(before)).not.toContain(1000);
    });

    it('goes to the last frame before the time limit when told to go to its end, and no step leads beyond it', async () => {
        const { playback, video, settled } = await watch({ durationUs: 2 * SECOND, isLimited: true });
        playback.seekTo(2 * SECOND);
        await soon();
        expect(video.seeks.at(-1)).toBe(1_999_000);
        video.arrive(1_960_000);
        await soon();
        expect(settled.at(-1)).toBe(1_960_000);

        const step = playback.stepFrame(1);
        for (let at = video.seeks.length; ; at = video.seeks.length) {
            await soon();
            if (video.seeks.length === at) break;
            video.arrive(video.currentTime < 2 ? 1_960_000 : 2 * SECOND);
        }
        await step;
        expect(playback.currentUs()).toBe(1_960_000);

        playback.seekTo(2 * SECOND);
        await soon();
        video.arrive(1_960_000);
        await soon();
        playback.play();
        await soon();
        expect(video.seeks.at(-1)).toBe(1000);
    });

    it('comes back where the browser shows what is beyond the limit', async () => {
        const { playback, video } = await watch({ durationUs: 2 * SECOND, isLimited: true });
        playback.seekTo(2 * SECOND);
        await soon();
        // Its last frame lasts from 1.6 s on; late in it, the browser shows the next one.
        const shown = () => (video.currentTime < 1.6 ? 1_560_000 : video.currentTime < 1.9 ? 1_600_000 : 2 * SECOND);
        for (let at = 0; at < video.seeks.length; await soon()) {
            at = video.seeks.length;
            video.arrive(shown());
            await soon();
        }
        expect(playback.currentUs()).toBe(1_600_000);
        expect(playback.headUs()).toBe(1_600_000);
    });

    it('goes to the newest of many places, and passes over those in between', async () => {
        const { playback, video, settled } = await watch();
        playback.seekTo(1 * SECOND);
        await soon();
        for (let s = 2; s <= 8; s++) playback.seekTo(s * SECOND);
        video.arrive(1 * SECOND);
        await soon();
        video.arrive(8 * SECOND);
        await soon();
        expect(video.seeks.slice(1)).toEqual([1 * SECOND + 1000, 8 * SECOND + 1000]);
        expect(settled).toEqual([8 * SECOND]);
    });

    it('believes the clock of an element that presents nothing, as in a page in the background', async () => {
        const { playback, video, settled } = await watch();
        vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
        vi.stubGlobal('document', { hidden: true });
        playback.seekTo(2 * SECOND);
        await soon();
        video.seeking = false;
        video.tell('seeked');
        expect(settled).toEqual([]);
        vi.advanceTimersByTime(300);
        vi.useRealTimers();
        await soon();
        expect(playback.currentUs()).toBeCloseTo(2 * SECOND, -4);
        expect(settled).toHaveLength(1);
    });

    it('waits for the frame in a page that is seen, however busy the machine is', async () => {
        const { playback, video } = await watch();
        vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
        vi.stubGlobal('document', { hidden: false });
        playback.seekTo(268_000);
        await soon();
        video.seeking = false;
        video.tell('seeked');
        vi.advanceTimersByTime(1000);
        expect([playback.currentUs(), playback.headUs()]).toEqual([0, 268_000]);
        video.present(240_000);
        vi.useRealTimers();
        await soon();
        expect([playback.currentUs(), playback.headUs()]).toEqual([240_000, 240_000]);
    });

    it('does not take the frame of before for that of a seek, and believes the clock where none is told of', async () => {
        vi.useFakeTimers();
        const { playback, video, settled } = await begin(8 * SECOND);
        // The first frame is told of late, when the seek has ended already; the right one is shown, and not told of.
        video.seeking = false;
        video.present(0);
        video.tell('seeked');
        await vi.advanceTimersByTimeAsync(0);
        expect(settled).toEqual([]);
        expect(playback.headUs()).toBe(8 * SECOND);
        await vi.advanceTimersByTimeAsync(3000);
        // Where it was meant to go, though frames may not be known yet.
        expect(playback.currentUs()).toBe(8 * SECOND);
        expect(settled).toHaveLength(1);
    });

    it('asks what is shown where a frame near a seek may be the one of before', async () => {
        vi.useFakeTimers();
        const { shows, playback, video, settled } = await watchTelling(400_000);
        // The first frame is told of late; the right one is shown a moment after, and not told of.
        video.seeking = false;
        video.present(0);
        video.tell('seeked');
        await vi.advanceTimersByTimeAsync(200);
        expect(playback.currentUs()).toBe(0);
        shows(400_000);
        await vi.advanceTimersByTimeAsync(100);
        expect([playback.currentUs(), playback.headUs()]).toEqual([400_000, 400_000]);
        expect(settled.at(-1)).toBe(400_000);
    });

    it('stays at a frame that is shown for long, and at the next order does not ask any more', async () => {
        vi.useFakeTimers();
        const { shows, playback, video } = await watchTelling(900_000);
        video.arrive(0);
        await vi.advanceTimersByTimeAsync(200);
        expect([playback.currentUs(), playback.headUs()]).toEqual([0, 0]);
        playback.seekTo(5 * SECOND);
        await vi.advanceTimersByTimeAsync(0);
        shows(40_000);
        await vi.advanceTimersByTimeAsync(2000);
        expect([playback.currentUs(), playback.headUs()]).toEqual([0, 5 * SECOND]);
    });

    it('says where it is once a second while it plays, and when it is paused', async () => {
        const { playback, video, settled } = await watch();
        playback.play();
        expect(playback.getState().playing).toBe(true);
        const now = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
        video.present(40_000);
        expect(settled).toEqual([]);
        now.mockReturnValue(performance.now() + 1100);
        video.present(80_000);
        video.present(120_000);
        expect(settled).toEqual([80_000]);
        playback.pause();
        expect(settled).toEqual([80_000, 120_000]);
        // One more frame may have been on its way.
        video.present(160_000);
        expect(settled).toEqual([80_000, 120_000, 160_000]);
    });

    it('steps from sample to sample, pausing', async () => {
        const { playback, video } = await watch();
        playback.play();
        video.present(240_000);
        playback.stepSample(1);
        expect([playback.getState().playing, playback.headUs()]).toEqual([false, 400_000]);
        // Twice in a row, before the first has come: from where it is going.
        playback.stepSample(1);
        expect(playback.headUs()).toBe(600_000);
        playback.stepSample(-1);
        playback.stepSample(-1);
        playback.stepSample(-1);
        playback.stepSample(-1);
        expect(playback.headUs()).toBe(0);
    });

    it('steps to the video’s own next frame, and says so once', async () => {
        const { playback, video, settled } = await watch();
        const done = playback.stepFrame(1);
        for (const shown of [0, 40_000, 40_000]) {
            await soon();
            video.arrive(shown);
        }
        await soon();
        while (video.seeking) {
            video.arrive(video.currentTime * 1e6 >= 40_000 ? 40_000 : 0);
            await soon();
        }
        await done;
        expect(playback.currentUs()).toBe(40_000);
        expect(settled).toEqual([40_000]);
    });

    it('gives up a step when it is told to go elsewhere', async () => {
        const { playback, video, settled } = await watch();
        const done = playback.stepFrame(1);
        await soon();
        playback.seekTo(5 * SECOND);
        video.arrive(0);
        await soon();
        video.arrive(5 * SECOND);
        await done;
        await soon();
        expect(playback.currentUs()).toBe(5 * SECOND);
        expect(settled).toEqual([5 * SECOND]);
    });

    it('knows rates, and ends at the slowest and the fastest', async () => {
        const { playback, video } = await watch();
        playback.changeRate(1);
        expect([playback.getState().rate, video.playbackRate]).toEqual([1.5, 1.5]);
        for (let i = 0; i < 20; i++) playback.changeRate(1);
        expect(playback.getState().rate).toBe(4);
        for (let i = 0; i < 20; i++) playback.changeRate(-1);
        expect(playback.getState().rate).toBe(0.1);
    });

    it('turns the sound on at a volume that can be heard', async () => {
        const { playback, video } = await watch();
        playback.setVolume(0);
        playback.toggleMuted();
        expect([video.volume, video.muted]).toEqual([1, false]);
        playback.setVolume(0.3);
        playback.toggleMuted();
        expect([video.volume, video.muted]).toEqual([0.3, true]);
        playback.toggleMuted();
        expect([video.volume, video.muted]).toEqual([0.3, false]);
    });

    it('says that it waits for data until there is some', async () => {
        const { playback, video } = await watch();
        video.tell('waiting');
        expect(playback.getState().waiting).toBe(true);
        video.tell('playing');
        expect(playback.getState().waiting).toBe(false);
    });

    it('touches nothing after it is detached', async () => {
        const { playback, video, detach } = await watch();
        playback.play();
        detach();
        expect(playback.getState().playing).toBe(false);
        video.present(5 * SECOND);
        expect(playback.currentUs()).toBe(0);
        const seeks = video.seeks.length;
        playback.seekTo(SECOND);
        await soon();
        expect(video.seeks).toHaveLength(seeks);
    });
});

describe('a playback whose video fails', () => {
    it('shows the stored pictures, at the same place, and says why', async () => {
        const { playback, video } = await watch({ at: 400_000 });
        playback.play();
        video.fail(3);
        expect(playback.getState()).toMatchObject({
            mode: 'pictures',
            playing: false,
            failure: 'This browser cannot play the video.',
        });
        expect(playback.currentUs()).toBe(400_000);
    });

    it('tells a lost connection from a video that cannot be played', async () => {
        const { playback, video } = await watch();
        video.fail(2);
        expect(playback.getState().failure).toBe('The connection to the video was lost.');
    });

    it('does not blame the browser alone where the server may have refused', async () => {
        const { playback, video } = await watch();
        video.fail(4);
        expect(playback.getState().failure).toBe('The video could not be fetched, or this browser cannot play it.');
    });

    it('goes where it was going when the video failed on the way', async () => {
        const { playback, video } = await watch();
        playback.seekTo(430_000);
        await soon();
        video.fail(2);
        expect(playback.currentUs()).toBe(400_000);
    });

    it('can be tried again, and goes on where it was', async () => {
        const { playback, video, detach } = await watch({ at: 400_000 });
        video.fail(2);
        detach();
        playback.retry();
        expect(playback.getState()).toMatchObject({ mode: 'video', failure: null });
        const again = new FakeVideo();
        attach(playback, again);
        again.load(640, 480);
        await soon();
        expect(again.seeks).toEqual([401_000]);
    });
});

describe('a playback without a video', () => {
    beforeEach(() => vi.useFakeTimers());

    const pictures = (at = 0) => {
        const playback = new Playback(at, { ...SETTINGS, playable: false });
        playback.setSamples(samples);
        return playback;
    };

    it('shows the sample at a time', () => {
        const playback = pictures();
        playback.seekTo(390_000);
        expect(playback.currentUs()).toBe(200_000);
        void playback.stepFrame(1);
        expect(playback.currentUs()).toBe(400_000);
    });

    it('plays the samples in their time and at its rate, and stops at the last', () => {
        const playback = pictures();
        playback.setRate(2);
        playback.togglePlay();
        vi.advanceTimersByTime(101);
        expect(playback.currentUs()).toBe(200_000);
        vi.advanceTimersByTime(100);
        expect(playback.currentUs()).toBe(400_000);
        vi.advanceTimersByTime(1000);
        expect([playback.currentUs(), playback.getState().playing]).toEqual([600_000, false]);
    });

    it('stays where it is paused', () => {
        const playback = pictures();
        playback.play();
        playback.togglePlay();
        vi.advanceTimersByTime(5000);
        expect([playback.currentUs(), playback.getState().playing]).toEqual([0, false]);
    });

    it('turns to the video when there is one', () => {
        const playback = pictures();
        expect(playback.getState().mode).toBe('pictures');
        playback.configure(SETTINGS);
        expect(playback.getState().mode).toBe('video');
    });
});
