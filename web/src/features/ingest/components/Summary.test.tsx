import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderInApp } from '@/testing/render.tsx';
import { sumsOf, type Video } from '../model/progress.ts';
import { Summary } from './Summary.tsx';
import { VideoList } from './VideoList.tsx';

const REASON = 'this is no video: the content is of no known media format';
const failed = {
    id: '0123456789abcdef',
    project: 'news',
    name: 'clip.mp4',
    state: 'failed',
    media: { duration_us: 0 },
    limit_seconds: null,
    fps: 5,
    progress: {
        segments: 0,
        segments_done: 0,
        frames_expected: null,
        frames_emitted: 0,
        frames_indexed: 0,
        frames_failed: 0,
        objects: 0,
    },
    errors_count: 1,
    errors: [REASON],
} as unknown as Video;

it('says why nothing came of a video as a sentence, beside the video too', () => {
    renderInApp(
        <>
            <Summary more={false} videos={[failed]} sums={sumsOf([failed])} />
            <VideoList videos={[failed]} more={false} samples={new Map()} alone showProject={false} />
        </>,
    );
    const sentence = 'This is no video: the content is of no known media format.';
    expect(screen.getByRole('status')).toHaveTextContent(sentence);
    expect(screen.getByText('1 error').closest('details')).toHaveTextContent(sentence);
});
