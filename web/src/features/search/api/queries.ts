// What the search asks the server.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call, client, type Schema } from '@/api/client.ts';
import { keys } from '@/api/keys.ts';
import { TRACK_MOST } from '../model/layout.ts';
import { firstPlace, placeAfter, type Page, type Place } from '../model/pages.ts';
import { bodyOf, kindOf, type Question } from '../model/question.ts';
import { dataUrlOf, keptPicture } from './pictures.ts';

const PAGE = 60;
/** Of a label's objects, where those of one class are looked for among them. */
const PAGE_SIFTED = 200;
const FRESH_MS = 60_000;

/** The address names a picture that this browser does not keep. */
export class PictureMissingError extends Error {
    override name = 'PictureMissingError';
}

export function objectQuery(object: string) {
    return queryOptions({
        queryKey: keys.object(object),
        queryFn: ({ signal }) => call(client.GET('/api/v1/objects/{o}', { params: { path: { o: object } }, signal })),
    });
}

/** The first pictures of a track, in the order of time, and whether there are more. */
export function trackObjectsQuery(track: string) {
    return queryOptions({
        queryKey: [...keys.track(track), 'objects'] as const,
        queryFn: async ({ signal }) => {
            const params = { path: { t: track }, query: { limit: TRACK_MOST } };
            const page = await call(client.GET('/api/v1/tracks/{t}/objects', { params, signal }));
            return { objects: page.objects, more: page.next_cursor !== null };
        },
        staleTime: FRESH_MS,
    });
}

export function pictureQuery(id: string) {
    return queryOptions({
        queryKey: ['picture', id] as const,
        queryFn: () => keptPicture(id),
        staleTime: Infinity,
    });
}

async function askLike(project: string, question: Question, offset: number, signal: AbortSignal) {
    let image: string | undefined;
    if (question.picture !== null) {
        const picture = await keptPicture(question.picture);
        if (picture === null) throw new PictureMissingError('This browser does not have the picture.');
        image = await dataUrlOf(picture.content);
    }
    const body = bodyOf(project, question, { limit: PAGE, offset }, image);
    return call(client.POST('/api/v1/search', { body, signal }));
}

function askLabel(project: string, question: Question, place: Place, signal: AbortSignal) {
    const { label, video, class: className } = question;
    return call(
        client.GET('/api/v1/projects/{p}/labels/{l}/objects', {
            params: {
                path: { p: project, l: label ?? '' },
                query: {
                    kind: place.list === 'probable' ? 'probable' : 'explicit',
                    limit: className === null ? PAGE : PAGE_SIFTED,
                    offset: place.offset,
                    video: video ?? undefined,
                },
            },
            signal,
        }),
    );
}

function sift(hits: readonly Schema<'Hit'>[], className: string | null): readonly Schema<'Hit'>[] {
    return className === null ? hits : hits.filter(hit => hit.class === className);
}

async function askPage(project: string, question: Question, place: Place, signal: AbortSignal): Promise<Page> {
    if (place.list === 'found') {
        const { hits, more } = await askLike(project, question, place.offset, signal);
        return { place, hits, passed: hits.length, more };
    }
    const { hits, more } = await askLabel(project, question, place, signal);
    const page = { place, hits: sift(hits, question.class), passed: hits.length, more };
    const next = placeAfter(page);
    // A page with nothing to show would end the scrolling.
    return page.hits.length > 0 || next === undefined ? page : askPage(project, question, next, signal);
}

/** The answer to a question, page by page. */
export function resultsQuery(project: string, question: Question) {
    return infiniteQueryOptions({
        queryKey: keys.search(project, question),
        initialPageParam: firstPlace(kindOf(question)),
        queryFn: ({ pageParam, signal }) => askPage(project, question, pageParam, signal),
        getNextPageParam: placeAfter,
        enabled: kindOf(question) !== 'nothing',
        staleTime: FRESH_MS,
    });
}
