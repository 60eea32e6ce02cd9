import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeVideo } from './fake-video.ts';
import { shownSeconds, watchFrames } from './watch-frames.ts';

const elementOf = (video: object) => video as HTMLVideoElement;

afterEach(() => vi.unstubAllGlobals());

describe('watchFrames', () => {
    it('tells the time of each frame that is presented, until it is ended', () => {
        const video = new FakeVideo();
        const seen: number[] = [];
        const end = watchFrames(elementOf(video), seconds => seen.push(seconds));
        video.present(0);
        video.present(40_000);
        end();
        video.present(80_000);
        expect(seen).toEqual([0, 0.04]);
    });

    it('asks the clock before each repaint where a browser does not tell', () => {
        let repaint: (() => void) | undefined;
        vi.stubGlobal('requestAnimationFrame', (callback: () => void) => {
            repaint = callback;
            return 1;
        });
        vi.stubGlobal('cancelAnimationFrame', () => (repaint = undefined));
        const video = { currentTime: 0, seeking: false };
        const seen: number[] = [];
        const end = watchFrames(elementOf(video), seconds => seen.push(seconds));
        repaint?.();
        repaint?.();
        Object.assign(video, { currentTime: 0.5, seeking: true });
        repaint?.();
        Object.assign(video, { seeking: false });
        repaint?.();
        expect(seen).toEqual([0, 0.5]);
        end();
        expect(repaint).toBeUndefined();
    });
});

describe('shownSeconds', () => {
    it('says which frame an element shows, and lets go of it', () => {
        const close = vi.fn();
        vi.stubGlobal(
            'VideoFrame',
            class {
                readonly timestamp = 1_560_000;
                readonly close = close;
            },
        );
        expect(shownSeconds(elementOf(new FakeVideo()))).toBe(1.56);
        expect(close).toHaveBeenCalledOnce();
    });

    it('says nothing where a browser cannot know or does not tell', () => {
        expect(shownSeconds(elementOf(new FakeVideo()))).toBeNull();
        vi.stubGlobal('VideoFrame', function () {
            throw new DOMException('no frame yet', 'InvalidStateError');
        });
        expect(shownSeconds(elementOf(new FakeVideo()))).toBeNull();
    });
});
