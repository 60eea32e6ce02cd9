import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeVideo } from './fake-video.ts';
import { watchFrames } from './watch-frames.ts';

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
