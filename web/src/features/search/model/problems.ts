// Which part of the question a refusal of the server is about.
import type { Kind } from './question.ts';

/** Sentences, by the control they are shown at. */
export interface Problems {
    example?: string;
    class?: string;
    label?: string;
    video?: string;
    score?: string;
}

/** `field`: as the server names it, of a search and of a label's objects. */
export function problemsOf(field: string | undefined, sentence: string, kind: Kind): Problems {
    switch (field) {
        case 'image':
        case 'object':
        case 'positive':
        case 'text':
            return { example: sentence };
        case 'label':
            return kind === 'label' ? { example: sentence } : { label: sentence };
        case 'filters.labels':
            return { label: sentence };
        case 'filters.classes':
            return { class: sentence };
        case 'video':
        case 'filters.videos':
            return { video: sentence };
        case 'filters.min_score':
            return { score: sentence };
        case undefined:
        default:
            return {};
    }
}
