import { describe, expect, it } from 'vitest';
import { labelFixture, projectFixture, videoFixture } from '../testing.ts';
import { isEmptyProject, lossesOfProject, lossesOfVideo } from './losses.ts';

describe('what deleting a project takes away', () => {
    it('is counted', () => {
        const project = projectFixture({ videos: 1, frames: 1200, objects: 34_567 });
        const labels = [labelFixture({ explicit: 12 }), labelFixture({ explicit: 0 })];
        expect(lossesOfProject(project, labels)).toMatch(
            /^1 video, 1,200 frames, 34,567 objects and 2 labels on 12 objects will be lost/,
        );
        expect(isEmptyProject(project, labels)).toBe(false);
    });

    it('leaves out what there is none of', () => {
        expect(lossesOfProject(projectFixture({ videos: 2 }), [])).toMatch(/^2 videos will be lost/);
        expect(lossesOfProject(projectFixture(), [])).toMatch(/nothing is lost/);
        expect(isEmptyProject(projectFixture(), [])).toBe(true);
        expect(isEmptyProject(projectFixture(), [labelFixture()])).toBe(false);
    });
});

describe('what deleting a video takes away', () => {
    it('is counted, and says what becomes of the source', () => {
        expect(lossesOfVideo(videoFixture({ objects: 1 }))).toBe(
            '150 frames, 1 object with what was said about them and the stored copy of the video will be lost. ' +
                'The source itself is not touched.',
        );
        expect(lossesOfVideo(videoFixture({ source: `sha256:${'0'.repeat(64)}` }))).toMatch(/must be uploaded again/);
    });

    it('says that it stops the indexing', () => {
        expect(lossesOfVideo(videoFixture({ state: 'running', progress: { frames_indexed: 0 } }))).toBe(
            'Indexing stops. The stored copy of the video will be lost. The source itself is not touched.',
        );
    });
});
