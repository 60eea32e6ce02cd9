// What is searched for, as it stands in the address.
import type { Schema } from '@/api/client.ts';
import type { SearchView } from '@/lib/paths.ts';

export interface Question {
    /** Of a picture that this browser keeps (api/pictures.ts). */
    picture: string | null;
    object: string | null;
    positive: readonly string[];
    text: string | null;
    class: string | null;
    label: string | null;
    video: string | null;
    minScore: number | null;
}

export const NOTHING: Question = {
    picture: null,
    object: null,
    positive: [],
    text: null,
    class: null,
    label: null,
    video: null,
    minScore: null,
};

/**
 * By what it is answered: by likeness to an example; by a label or a class alone, which are lists; or not at all, because
 * nothing is asked for yet.
 */
export type Kind = 'like' | 'label' | 'class' | 'nothing';

export function kindOf(question: Question): Kind {
    const { picture, object, positive, text } = question;
    if (picture !== null || object !== null || positive.length > 0 || text !== null) return 'like';
    if (question.label !== null) return 'label';
    return question.class !== null ? 'class' : 'nothing';
}

/** What the score of its hits is, where they have one to filter by. */
export function scoreOf(question: Question): 'similarity' | 'detector' | null {
    const kind = kindOf(question);
    if (kind === 'like') return 'similarity';
    return kind === 'class' ? 'detector' : null;
}

/** Whether something is left out that the question is not about. */
export function isFiltered(question: Question): boolean {
    const kind = kindOf(question);
    return (
        question.video !== null ||
        (question.minScore !== null && scoreOf(question) !== null) ||
        (question.class !== null && kind !== 'class') ||
        (question.label !== null && kind === 'like')
    );
}

/** The question alone. */
export function withoutFilters(question: Question): Question {
    const kind = kindOf(question);
    return {
        ...question,
        video: null,
        minScore: null,
        class: kind === 'class' ? question.class : null,
        label: kind === 'label' ? question.label : null,
    };
}

function text(params: URLSearchParams, name: string): string | null {
    const value = params.get(name)?.trim() ?? '';
    return value === '' ? null : value;
}

function score(params: URLSearchParams): number | null {
    const written = text(params, 'min');
    const value = written === null ? NaN : Number(written);
    return value >= -1 && value <= 1 ? value : null;
}

/** Of several examples of different kinds the first counts: a picture, then an object, then several, then words. */
export function questionOf(params: URLSearchParams): Question {
    const picture = text(params, 'picture');
    const object = picture === null ? text(params, 'object') : null;
    const several = picture === null && object === null ? text(params, 'positive') : null;
    return {
        picture,
        object,
        positive: several?.split(',').filter(Boolean) ?? [],
        text: picture === null && object === null && several === null ? text(params, 'text') : null,
        class: text(params, 'class'),
        label: text(params, 'label'),
        video: text(params, 'video'),
        minScore: score(params),
    };
}

/** The question for an address. */
export function viewOf(question: Question): SearchView {
    return {
        picture: question.picture ?? undefined,
        object: question.object ?? undefined,
        positive: question.positive.length > 0 ? question.positive.join(',') : undefined,
        text: question.text ?? undefined,
        class: question.class ?? undefined,
        label: question.label ?? undefined,
        video: question.video ?? undefined,
        min: question.minScore ?? undefined,
    };
}

/** The question for the server; `image` is the picture's content. */
export function bodyOf(
    project: string,
    question: Question,
    page: { limit: number; offset: number },
    image?: string,
): Schema<'Search'> {
    const { object, positive, text: words, class: className, label, video, minScore } = question;
    return {
        project,
        image,
        object: object ?? undefined,
        positive: positive.length > 0 ? [...positive] : undefined,
        text: words ?? undefined,
        filters: {
            classes: className === null ? undefined : [className],
            labels: label === null ? undefined : [label],
            videos: video === null ? undefined : [video],
            min_score: minScore ?? undefined,
        },
        per_track: true,
        ...page,
    };
}

/** The heading, and the name of the browser's tab. */
export function titleOf(question: Question): string {
    const { picture, object, positive, text: words, label, class: className } = question;
    if (picture !== null) return 'Like this picture';
    if (object !== null) return 'Like this object';
    if (positive.length > 0) return 'Like these objects';
    return words ?? label ?? className ?? 'Search';
}
