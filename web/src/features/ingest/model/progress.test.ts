import { describe, expect, it } from 'vitest';
import {
    framesExpected,
    phaseOf,
    rateOf,
    shareDone,
    storedOf,
    summaryOf,
    sumsOf,
    timeLeftUs,
    toOpen,
    withSamples,
    type Samples,
    type Video,
} from './progress.ts';

function video(
    more: Partial<Video> & { counts?: Partial<Video['progress']>; mediaFacts?: Partial<Video['media']> } = {},
): Video {
    const { counts, mediaFacts, ...rest } = more;
    return {
        id: '0123456789abcdef',
        project: 'p',
        name: 'clip.mp4',
        source: 'file:///clip.mp4',
        state: 'running',
        chunk_seconds: 10,
        limit_seconds: null,
        fps: 5,
        created_at: '2026-01-01T00:00:00Z',
        updated_at: '2026-01-01T00:00:00Z',
        finished_at: null,
        media: {
            title: '',
            container: '',
            codec: '',
            mime_type: null,
            width: 0,
            height: 0,
            sample_aspect_ratio: [1, 1],
            rotation: 0,
            has_audio: false,
            duration_us: 0,
            media_offset_us: 0,
            size_bytes: 0,
            frame_rate: 25,
            ...mediaFacts,
        },
        progress: {
            split_done: false,
            segments: 0,
            segments_done: 0,
            frames_expected: null,
            frames_emitted: 0,
            frames_indexed: 0,
            frames_failed: 0,
            objects: 0,
            tracks: 0,
            tracked: false,
            ...counts,
        },
        models: { detector: null, embedder: null },
        source_incomplete: false,
        thumbnail: false,
        resumable: false,
        errors_count: 0,
        errors: [],
        ...rest,
    };
}

describe('framesExpected', () => {
    it('is what the server says, where it says so', () => {
        expect(framesExpected(video({ counts: { frames_expected: 42 } }))).toBe(42);
    });

    it('is reckoned from the duration, the limit and the sampling rate before', () => {
        expect(framesExpected(video({ mediaFacts: { duration_us: 60e6 } }))).toBe(300);
        expect(framesExpected(video({ mediaFacts: { duration_us: 60e6 }, limit_seconds: 10 }))).toBe(50);
        expect(framesExpected(video({ mediaFacts: { duration_us: 60e6 }, fps: 'all' }))).toBe(1500);
        // There are no more frames than the video has pictures.
        expect(framesExpected(video({ mediaFacts: { duration_us: 60e6 }, fps: 100 }))).toBe(1500);
    });

    it('is not known of a video that nobody has looked at', () => {
        expect(framesExpected(video({ state: 'queued' }))).toBeNull();
    });
});

describe('shareDone', () => {
    it('counts failed frames as through', () => {
        expect(shareDone(video({ counts: { frames_expected: 10, frames_indexed: 4, frames_failed: 1 } }))).toBe(0.5);
    });

    it('is all of a finished video, and unknown at the beginning', () => {
        expect(shareDone(video({ state: 'done', counts: { frames_expected: 0 } }))).toBe(1);
        expect(shareDone(video({ state: 'queued' }))).toBeNull();
        expect(shareDone(video({ state: 'failed' }))).toBe(0);
    });
});

describe('rates and time left', () => {
    const at = (indexed: number) => video({ counts: { frames_expected: 200, frames_indexed: indexed } });

    it('come from how the counts grew', () => {
        let samples: Samples = new Map();
        for (let s = 0; s <= 10; s++) samples = withSamples(samples, [at(s * 5)], s * 1000);
        expect(rateOf(samples.get('0123456789abcdef'))).toBe(5);
        expect(timeLeftUs([at(50)], samples)).toBe(30e6);
    });

    it('are not known from one look, nor while nothing moves', () => {
        const once = withSamples(new Map(), [at(0)], 0);
        expect(timeLeftUs([at(0)], once)).toBeNull();
        expect(timeLeftUs([at(0)], withSamples(once, [at(0)], 5000))).toBeNull();
    });

    it('begin anew when the count falls, and forget old and finished ones', () => {
        const before = withSamples(withSamples(new Map(), [at(90)], 0), [at(100)], 2000);
        expect(withSamples(before, [at(0)], 3000).get('0123456789abcdef')).toEqual([{ atMs: 3000, frames: 0 }]);
        expect(withSamples(before, [at(100)], 60_000).get('0123456789abcdef')).toHaveLength(1);
        expect(withSamples(before, [video({ state: 'done' })], 3000).size).toBe(0);
    });

    it('take the same look only once', () => {
        const once = withSamples(new Map(), [at(5)], 1000);
        expect(withSamples(once, [at(5)], 1000).get('0123456789abcdef')).toHaveLength(1);
    });
});

describe('the whole', () => {
    const done = video({
        state: 'done',
        id: 'a'.repeat(16),
        counts: { frames_indexed: 3, objects: 7, segments: 2, segments_done: 2 },
    });
    const failed = video({ state: 'failed', id: 'b'.repeat(16) });

    it('is summed up', () => {
        expect(sumsOf([done, done, failed])).toMatchObject({
            videos: 3,
            unfinished: 0,
            indexed: 6,
            objects: 14,
            segments: 4,
        });
    });

    it('is working while one video is', () => {
        expect(phaseOf([])).toBe('empty');
        expect(phaseOf([done, video()])).toBe('working');
        expect(phaseOf([done, failed])).toBe('finished');
        // What is being deleted is not what has come of an ingestion.
        expect(phaseOf([video({ state: 'deleting' })])).toBe('working');
    });

    it('ends with a sentence that does not hide what went wrong', () => {
        expect(summaryOf([done]).text).toBe('The video is indexed.');
        expect(summaryOf([done, done])).toEqual({ tone: 'success', text: 'All 2 videos are indexed.' });
        expect(summaryOf([done, failed])).toEqual({
            tone: 'danger',
            text: '1 of 2 videos are indexed without gaps: 1 failed.',
        });
    });

    it('speaks of those that it looks at, where there are more', () => {
        expect(summaryOf([done, done], true).text).toBe('All of the newest 2 videos are indexed.');
        expect(summaryOf([done, failed], true).text).toBe(
            '1 of the newest 2 videos are indexed without gaps: 1 failed.',
        );
    });

    it('offers a video that has something to show', () => {
        expect(toOpen([failed, done])?.id).toBe(done.id);
        expect(toOpen([failed])).toBeUndefined();
    });
});

describe('what is stored in all', () => {
    const two = sumsOf([
        video({ state: 'done', counts: { frames_emitted: 50, objects: 7 } }),
        video({ state: 'running', counts: { frames_emitted: 10, objects: 3 } }),
    ]);

    it('is what the videos in view have come to, where these are all', () => {
        expect(storedOf(two)).toEqual({ videos: 2, unfinished: 1, orMore: false, frames: 60, objects: 10 });
    });

    it('is counted by the server where there are older ones', () => {
        const projects = [
            { videos: 300, frames: 9000, objects: 800 },
            { videos: 5, frames: 100, objects: 1 },
        ];
        expect(storedOf(two, projects)).toEqual({
            videos: 305,
            unfinished: 1,
            orMore: false,
            frames: 9100,
            objects: 801,
        });
        const working = sumsOf([video({ state: 'running' }), video({ state: 'queued' })]);
        expect(storedOf(working, projects)).toMatchObject({ unfinished: 2, orMore: true });
    });
});
