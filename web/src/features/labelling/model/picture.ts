// One object as the grids, columns and cards show it, whichever answer of the server it came with.
import type { Schema } from '@/api/client.ts';
import { classText } from '@/lib/detector-class.ts';
import { formatPercent, formatScore, formatTimecode } from '@/lib/format.ts';

type Hit = Schema<'Hit'>;

export type Picture = Pick<
    Hit,
    | 'object'
    | 'video'
    | 'frame'
    | 'index'
    | 'pts_us'
    | 'frame_width'
    | 'frame_height'
    | 'box'
    | 'class'
    | 'class_refused'
    | 'track'
    | 'label'
    | 'confidence'
> & {
    /** Similarity to what was asked about; null where nothing was. */
    score: number | null;
};

export function pictureOfObject(object: Schema<'ObjectDetails'>): Picture {
    return {
        object: object.id,
        video: object.video,
        frame: object.frame,
        index: object.index,
        pts_us: object.pts_us,
        frame_width: object.frame_width,
        frame_height: object.frame_height,
        box: object.box,
        class: object.class,
        ...(object.class_refused ? { class_refused: true } : {}),
        track: object.track,
        label: object.label,
        score: null,
    };
}

export function pictureInFrame(object: Schema<'Object'>, frame: Schema<'Frame'>, video: string): Picture {
    return {
        object: object.id,
        video,
        frame: frame.id,
        index: frame.index,
        pts_us: frame.pts_us,
        frame_width: frame.width,
        frame_height: frame.height,
        box: object.box,
        class: object.class,
        ...(object.class_refused ? { class_refused: true } : {}),
        track: object.track,
        label: object.label,
        score: null,
    };
}

/** "bicycle at 0:07.480"; "not bicycle at …" where somebody said that it is none. */
export function pictureName(picture: Pick<Picture, 'class' | 'class_refused' | 'pts_us'>): string {
    return `${classText(picture)} at ${formatTimecode(picture.pts_us)}`;
}

/** How sure or how similar: "92 %" of suggestions, "0.83" of similar ones, nothing of those somebody chose. */
export function pictureScore(
    picture: Pick<Picture, 'score' | 'confidence'>,
    by: 'score' | 'confidence',
): string | null {
    if (by === 'confidence' && picture.confidence !== undefined) return formatPercent(picture.confidence);
    return picture.score === null ? null : formatScore(picture.score);
}

/** What is said of an object holds for its track: one picture of each track says it all. */
export function onePerTrack(pictures: readonly Picture[]): Picture[] {
    const seen = new Set<string>();
    return pictures.filter(picture => {
        if (picture.track === null) return true;
        if (seen.has(picture.track)) return false;
        seen.add(picture.track);
        return true;
    });
}
