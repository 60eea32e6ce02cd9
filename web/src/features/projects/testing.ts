// Things as the server would send them, for the tests of this feature.
import type { Schema } from '@/api/client.ts';
import type { Video } from './model/video-state.ts';

interface VideoFacts extends Partial<Omit<Video, 'media' | 'progress'>> {
    duration_us?: number;
    objects?: number;
    progress?: Partial<Video['progress']>;
}

export function videoFixture({ duration_us = 30_000_000, objects = 0, progress, ...facts }: VideoFacts = {}): Video {
    return {
        id: '0123456789abcdef',
        project: 'demo',
        name: 'clip.mp4',
        source: 'file:///data/clip.mp4',
        state: 'done',
        chunk_seconds: 10,
        limit_seconds: null,
        fps: 5,
        created_at: '2026-03-01T10:00:00Z',
        updated_at: '2026-03-01T10:00:10Z',
        finished_at: null,
        media: {
            title: '',
            container: 'mp4',
            codec: 'h264',
            mime_type: 'video/mp4',
            width: 1280,
            height: 720,
            sample_aspect_ratio: [1, 1],
            rotation: 0,
            has_audio: false,
            duration_us,
            media_offset_us: 0,
            size_bytes: 1_000_000,
            frame_rate: 25,
        },
        progress: {
            split_done: true,
            segments: 3,
            segments_done: 3,
            frames_expected: 150,
            frames_emitted: 150,
            frames_indexed: 150,
            frames_failed: 0,
            objects,
            tracks: 0,
            tracked: false,
            ...progress,
        },
        models: { detector: 'ssdlite-mobilenet-v2', embedder: 'efficientnet-lite0' },
        source_incomplete: false,
        thumbnail: false,
        resumable: facts.state === 'failed' || facts.state === 'incomplete' || facts.state === 'cancelled',
        errors_count: 0,
        errors: [],
        ...facts,
    };
}

export function projectFixture(facts: Partial<Schema<'Project'>> = {}): Schema<'Project'> {
    return {
        name: 'demo',
        created_at: '2026-03-01T10:00:00Z',
        deleting: false,
        videos: 0,
        frames: 0,
        objects: 0,
        ...facts,
    };
}

export function serverFixture(facts: Partial<Schema<'Server'>> = {}): Schema<'Server'> {
    return {
        version: '1.0.0',
        token_required: false,
        local: true,
        upload_bytes_max: 1_000_000,
        picture_bytes_max: 1_000_000,
        text_search: false,
        defaults: { chunk_seconds: 10, fps: 5 },
        ...facts,
    };
}

export function labelFixture(facts: Partial<Schema<'LabelSummary'>> = {}): Schema<'LabelSummary'> {
    return {
        name: 'red car',
        positives: 2,
        negatives: 0,
        explicit: 12,
        probable: 3,
        threshold: null,
        example: null,
        created_at: '2026-03-01T10:00:00Z',
        updated_at: '2026-03-01T10:00:00Z',
        ...facts,
    };
}
