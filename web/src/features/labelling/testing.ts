// Things as the server would send them, for the tests of this feature.
import type { Schema } from '@/api/client.ts';
import type { Picture } from './model/picture.ts';

const VIDEO = '0123456789abcdef';

/** A picture of an object; one number tells it from others, its frame and time included. */
export function pictureOf(n: number, facts: Partial<Picture> = {}): Picture {
    const index = String(n).padStart(8, '0');
    return {
        object: `${VIDEO}-${index}-000`,
        video: VIDEO,
        frame: `${VIDEO}-${index}`,
        index: n,
        // Far enough apart to be no neighbours.
        pts_us: n * 5_000_000,
        frame_width: 640,
        frame_height: 360,
        box: [10, 20, 100, 50],
        class: 'car',
        track: null,
        label: null,
        score: null,
        ...facts,
    };
}

/** The object of a picture, as the server tells it. */
export function detailsOf(n: number, facts: Partial<Schema<'ObjectDetails'>> = {}): Schema<'ObjectDetails'> {
    const { object, video, frame, index, pts_us, frame_width, frame_height, box, class: name, track } = pictureOf(n);
    return {
        ...{ id: object, video, frame, index, pts_us, frame_width, frame_height, box, class: name, track },
        project: 'demo',
        score: 0.7,
        label: null,
        ...facts,
    };
}

export function hitOf(n: number, facts: Partial<Schema<'Hit'>> = {}): Schema<'Hit'> {
    const { confidence, ...picture } = pictureOf(n);
    return {
        ...picture,
        ...(confidence === undefined ? {} : { confidence }),
        score: 0.9,
        detector_score: 0.7,
        ...facts,
    };
}

export function labelOf(name: string, facts: Partial<Schema<'LabelSummary'>> = {}): Schema<'LabelSummary'> {
    return {
        name,
        created_at: '2026-03-01T10:00:00Z',
        updated_at: '2026-03-01T10:00:00Z',
        positives: 2,
        negatives: 1,
        explicit: 2,
        probable: 3,
        threshold: null,
        example: null,
        ...facts,
    };
}

export function correctionOf(
    kind: 'split' | 'merge' | 'give',
    facts: Partial<Schema<'CorrectionStep'>> = {},
): Schema<'CorrectionStep'> {
    return {
        id: 1,
        kind,
        about: kind,
        step: null,
        track: `${VIDEO}-t1`,
        other: null,
        made: null,
        objects: 0,
        time_us: 0,
        at: '2026-03-01T10:00:00.000Z',
        at_us: Date.parse('2026-03-01T10:00:00Z') * 1000,
        by: null,
        undone: false,
        undone_at: null,
        passed_over: null,
        ...facts,
    };
}
