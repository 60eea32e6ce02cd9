// Results page by page. A label is answered by two lists, one after the other: what carries it, then what probably is it.
import type { Hit, Section, SectionKey } from './layout.ts';
import type { Kind } from './question.ts';

/** The server passes over no more than this. */
export const OFFSET_MOST = 9000;

export interface Place {
    list: SectionKey;
    offset: number;
}

export interface Page {
    place: Place;
    hits: readonly Hit[];
    /** Hits the server gave, of which `hits` may be a part. */
    passed: number;
    more: boolean;
}

export function firstPlace(kind: Kind): Place {
    return { list: kind === 'label' ? 'explicit' : 'found', offset: 0 };
}

export function placeAfter({ place, passed, more }: Page): Place | undefined {
    if (more && passed > 0) {
        const offset = place.offset + passed;
        return place.list !== 'found' || offset <= OFFSET_MOST ? { ...place, offset } : undefined;
    }
    return place.list === 'explicit' ? { list: 'probable', offset: 0 } : undefined;
}

/** Whether there are more than the server goes through. */
export function isCutOff(pages: readonly Page[]): boolean {
    const last = pages.at(-1);
    return last !== undefined && last.more && placeAfter(last) === undefined;
}

/** What was found, in sections. One that comes twice, because the lists moved between two pages, is shown once. */
export function sectionsOf(pages: readonly Page[]): Section[] {
    const seen = new Set<string>();
    const sections: { key: SectionKey; hits: Hit[] }[] = [];
    for (const { place, hits } of pages) {
        let section = sections.find(({ key }) => key === place.list);
        if (section === undefined) sections.push((section = { key: place.list, hits: [] }));
        for (const hit of hits) {
            if (seen.has(hit.object)) continue;
            seen.add(hit.object);
            section.hits.push(hit);
        }
    }
    return sections;
}
