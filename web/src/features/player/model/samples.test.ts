import { describe, expect, it } from 'vitest';
import {
    boxesAt,
    findObject,
    followed,
    intervalOf,
    isKnownAt,
    makeSamples,
    NO_SAMPLES,
    sampleAt,
    sampleBeside,
    sampleNear,
    sampleWhere,
    snapToSample,
} from './samples.ts';
import { frame, object, SECOND, type Frame } from './testing.ts';

const INTERVAL = 200_000;
const samplesOf = (...frames: Frame[]) => makeSamples(frames, INTERVAL);
const empty = samplesOf(frame(0, []), frame(200_000, []), frame(400_000, []));
const boxes = (samples: ReturnType<typeof samplesOf>, us: number) => boxesAt(samples, us).map(placed => placed.box);

describe('intervalOf', () => {
    const media = { frame_rate: 25 } as Parameters<typeof intervalOf>[0]['media'];

    it('is the sampling rate’s, but never shorter than a frame of the video', () => {
        expect(intervalOf({ fps: 5, media })).toBe(200_000);
        expect(intervalOf({ fps: 100, media })).toBe(40_000);
        expect(intervalOf({ fps: 'all', media })).toBe(40_000);
    });

    it('is a second where nothing is known', () => {
        expect(intervalOf({ fps: 'all', media: { ...media, frame_rate: 0 } })).toBe(SECOND);
    });
});

describe('sampleWhere', () => {
    const one = [object([0, 0, 10, 10])];
    const samples = samplesOf(frame(0, one), frame(200_000, []), frame(400_000, []), frame(600_000, one));
    const withObjects = (us: number, direction: 1 | -1) =>
        sampleWhere(samples, us, direction, ({ objects }) => objects.length > 0)?.pts_us;

    it('finds the nearest in either direction, never the one at that very time', () => {
        expect(withObjects(200_000, 1)).toBe(600_000);
        expect(withObjects(300_000, -1)).toBe(0);
        expect(withObjects(0, 1)).toBe(600_000);
        expect(withObjects(600_000, -1)).toBe(0);
    });

    it('finds nothing where nothing is known', () => {
        expect(withObjects(600_000, 1)).toBeUndefined();
        expect(withObjects(0, -1)).toBeUndefined();
        expect(sampleWhere(NO_SAMPLES, 0, 1, () => true)).toBeUndefined();
    });
});

describe('makeSamples', () => {
    it('has what is indexed, in the order of time', () => {
        const { frames } = samplesOf(frame(400_000, []), frame(0, []), frame(200_000, [], { state: 'failed' }));
        expect(frames.map(({ pts_us }) => pts_us)).toEqual([0, 400_000]);
    });
});

describe('finding samples', () => {
    it('takes the last one at or before a time', () => {
        expect(sampleAt(empty, 399_000)?.pts_us).toBe(200_000);
        expect(sampleAt(empty, 400_000)?.pts_us).toBe(400_000);
        expect(sampleAt(empty, 9 * SECOND)?.pts_us).toBe(400_000);
        expect(sampleAt(NO_SAMPLES, 0)).toBeUndefined();
    });

    it('forgives what browsers round away', () => {
        expect(sampleAt(empty, 199_999)?.pts_us).toBe(200_000);
        expect(snapToSample(empty, 199_999)).toBe(200_000);
        expect(snapToSample(empty, 200_400)).toBe(200_000);
        expect(snapToSample(empty, 200_600)).toBe(200_600);
        expect(snapToSample(NO_SAMPLES, 17)).toBe(17);
    });

    it('goes to the one beside, never to the one that is shown', () => {
        expect(sampleBeside(empty, 200_000, 1)?.pts_us).toBe(400_000);
        expect(sampleBeside(empty, 200_000, -1)?.pts_us).toBe(0);
        expect(sampleBeside(empty, 240_000, -1)?.pts_us).toBe(200_000);
        expect(sampleBeside(empty, 240_000, 1)?.pts_us).toBe(400_000);
        expect(sampleBeside(empty, 0, -1)).toBeUndefined();
        expect(sampleBeside(empty, 400_000, 1)).toBeUndefined();
    });

    it('knows the nearest', () => {
        expect(sampleNear(empty, 290_000)?.pts_us).toBe(200_000);
        expect(sampleNear(empty, 310_000)?.pts_us).toBe(400_000);
        expect(sampleNear(empty, -5)?.pts_us).toBe(0);
    });
});

describe('boxesAt', () => {
    const moving = samplesOf(
        frame(0, [object([0, 0, 50, 50], { track: 'v-t1' })]),
        frame(200_000, [object([100, 20, 50, 50], { track: 'v-t1' })]),
    );

    it('are the stored ones on a sampled frame', () => {
        expect(boxes(moving, 0)).toEqual([[0, 0, 50, 50]]);
        expect(boxes(moving, 200_000)).toEqual([[100, 20, 50, 50]]);
    });

    it('move evenly between two samples, and stand for the nearer one', () => {
        expect(boxes(moving, 50_000)).toEqual([[25, 5, 50, 50]]);
        const [before] = boxesAt(moving, 99_000);
        const [after] = boxesAt(moving, 101_000);
        expect([before?.frame.pts_us, before?.twin?.id]).toEqual([0, after?.object.id]);
        expect([after?.frame.pts_us, after?.twin?.id]).toEqual([200_000, before?.object.id]);
    });

    it('stay for half the time to the next sample where nothing follows', () => {
        const vanishing = samplesOf(frame(0, [object([0, 0, 50, 50])]), frame(200_000, []));
        expect(boxes(vanishing, 100_000)).toHaveLength(1);
        expect(boxes(vanishing, 101_000)).toHaveLength(0);
    });

    it('come half that time before the sample in which they are first seen', () => {
        const appearing = samplesOf(frame(0, []), frame(200_000, [object([0, 0, 50, 50])]));
        expect(boxes(appearing, 100_000)).toHaveLength(0);
        expect(boxes(appearing, 101_000)).toHaveLength(1);
    });

    it('are not guessed over a gap, even of a track', () => {
        const apart = samplesOf(
            frame(0, [object([0, 0, 50, 50], { track: 'v-t1' })]),
            frame(10 * SECOND, [object([100, 0, 50, 50], { track: 'v-t1' })]),
        );
        expect(boxes(apart, 150_000)).toEqual([[0, 0, 50, 50]]);
        expect(boxes(apart, 5 * SECOND)).toEqual([]);
        expect(boxes(apart, 10 * SECOND - 150_000)).toEqual([[100, 0, 50, 50]]);
    });

    it('end soon after the last sample, and begin soon before the first', () => {
        const one = samplesOf(frame(SECOND, [object([0, 0, 50, 50])]));
        expect(boxes(one, SECOND + 100_000)).toHaveLength(1);
        expect(boxes(one, SECOND + 101_000)).toHaveLength(0);
        expect(boxes(one, SECOND - 99_000)).toHaveLength(1);
        expect(boxes(one, SECOND - 101_000)).toHaveLength(0);
        expect(boxesAt(NO_SAMPLES, 0)).toEqual([]);
    });
});

describe('isKnownAt', () => {
    it('is near a sample only, be there objects in it or not', () => {
        expect(isKnownAt(empty, 300_000)).toBe(true);
        expect(isKnownAt(empty, 400_000 + 700_000)).toBe(true);
        expect(isKnownAt(empty, 400_000 + 800_000)).toBe(false);
        expect(isKnownAt(NO_SAMPLES, 0)).toBe(false);
    });
});

describe('followed', () => {
    const idAt = (samples: ReturnType<typeof samplesOf>, sample: number, k: number) =>
        samples.frames[sample]?.objects[k]?.id ?? '';

    it('are all objects of the track', () => {
        const samples = samplesOf(
            frame(0, [object([0, 0, 50, 50], { track: 'v-t1' }), object([200, 0, 50, 50], { track: 'v-t2' })]),
            frame(5 * SECOND, [object([300, 0, 50, 50], { track: 'v-t1' })]),
        );
        const ids = followed(samples, idAt(samples, 0, 0));
        expect(ids).toEqual(new Set([idAt(samples, 0, 0), idAt(samples, 1, 0)]));
    });

    it('are found from sample to sample, both ways, where there is no track', () => {
        const samples = samplesOf(
            frame(0, [object([0, 0, 50, 50])]),
            frame(200_000, [object([300, 0, 50, 50]), object([8, 0, 50, 50])]),
            frame(400_000, [object([16, 0, 50, 50])]),
        );
        const chain = [idAt(samples, 0, 0), idAt(samples, 1, 1), idAt(samples, 2, 0)];
        for (const id of chain) expect(followed(samples, id)).toEqual(new Set(chain));
        expect(followed(samples, idAt(samples, 1, 0))).toEqual(new Set([idAt(samples, 1, 0)]));
    });

    it('end at a gap', () => {
        const samples = samplesOf(frame(0, [object([0, 0, 50, 50])]), frame(SECOND, [object([0, 0, 50, 50])]));
        expect(followed(samples, idAt(samples, 0, 0))).toEqual(new Set([idAt(samples, 0, 0)]));
    });

    it('are none for what is not among the samples', () => {
        expect(followed(empty, 'elsewhere').size).toBe(0);
        expect(followed(empty, null).size).toBe(0);
        expect(findObject(empty, 'elsewhere')).toBeUndefined();
    });
});
