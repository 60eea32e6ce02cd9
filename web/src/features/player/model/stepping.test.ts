import { describe, expect, it } from 'vitest';
import { stepBack, stepForward, type SteppedMedia } from './stepping.ts';

interface Options {
    /** From when in a long gap the frame after it is shown already; by default never. */
    early?: number;
}

/** A video whose frames begin at these times, as a browser shows it. */
function mediaOf(frames: readonly number[], { early = Infinity }: Options = {}): SteppedMedia & { seeks: number } {
    const media = {
        seeks: 0,
        endUs: (frames.at(-1) ?? 0) + 40_000,
        seek: (us: number) => {
            media.seeks += 1;
            const at = Math.max(
                0,
                frames.findLastIndex(frame => frame <= us),
            );
            const next = frames[at + 1];
            const shown = next !== undefined && us - frames[at]! > early ? next : frames[at]!;
            return Promise.resolve(shown);
        },
    };
    return media;
}

const steady = Array.from({ length: 50 }, (_, i) => i * 40_000);
const uneven = [0, 33_000, 66_000, 100_000, 600_000, 610_000, 640_000, 5_000_000, 5_005_000, 5_100_000];

/** All frames from the first to the last by steps, with what is learnt of how short they are on the way. */
async function walk(media: SteppedMedia, from: number, direction: 1 | -1, usualUs: number): Promise<number[]> {
    const seen = [from];
    let shortest = usualUs / 2;
    for (;;) {
        const here = seen.at(-1)!;
        const next = await (direction > 0 ? stepForward : stepBack)(media, here, shortest);
        if (next === here) return seen;
        shortest = Math.min(shortest, Math.abs(next - here));
        seen.push(next);
    }
}

describe('stepForward', () => {
    it('shows every frame of a steady video, with few seeks each', async () => {
        const media = mediaOf(steady);
        expect(await walk(media, 0, 1, 40_000)).toEqual(steady);
        expect(media.seeks / steady.length).toBeLessThan(5);
    });

    it('shows every frame however long the ones before it last', async () => {
        expect(await walk(mediaOf(uneven), 0, 1, 40_000)).toEqual(uneven);
    });

    it('stays at the last frame', async () => {
        expect(await stepForward(mediaOf(steady), steady.at(-1)!, 20_000)).toBe(steady.at(-1));
    });

    it('comes over a long gap whose end is shown early', async () => {
        expect(await stepForward(mediaOf(uneven, { early: 100_000 }), 100_000, 10_000)).toBe(600_000);
    });
});

describe('stepBack', () => {
    it('shows every frame', async () => {
        expect(await walk(mediaOf(steady), steady.at(-1)!, -1, 40_000)).toEqual([...steady].reverse());
        expect(await walk(mediaOf(uneven), uneven.at(-1)!, -1, 40_000)).toEqual([...uneven].reverse());
    });

    it('is one seek where the browser shows what it is asked for', async () => {
        const media = mediaOf(steady);
        expect(await stepBack(media, 400_000, 20_000)).toBe(360_000);
        expect(media.seeks).toBe(1);
    });

    it('stays at the first frame', async () => {
        const media = mediaOf(steady);
        expect(await stepBack(media, 0, 20_000)).toBe(0);
        expect(media.seeks).toBe(0);
    });

    it('comes over a long gap whose end is shown early', async () => {
        const media = mediaOf(uneven, { early: 40_000 });
        expect(await stepBack(media, 5_000_000, 5000)).toBe(640_000);
        expect(await stepBack(media, 600_000, 5000)).toBe(100_000);
    });
});
