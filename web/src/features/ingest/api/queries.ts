// What the ingestion view asks the server for besides the stream.
import { queryOptions } from '@tanstack/react-query';
import { call, client } from '@/api/client.ts';
import { keys } from '@/api/keys.ts';
import { isNotFound } from '@/api/problem.ts';
import { isActive } from '@/api/video.ts';
import type { Video } from '../model/progress.ts';

/** The newest ones; a project with more says so. */
export const VIDEOS_MOST = 200;
const DEAD_LETTERS_PAGE = 1000;
/** They come with the oldest first, and a project's are among those of all. */
const DEAD_LETTERS_MOST = 10_000;
const WORKING_MS = 1000;
const MANY_WORKING_MS = 3000;
const RESTING_MS = 15_000;

export interface VideoPage {
    videos: Video[];
    more: boolean;
}

function pollMs(page: VideoPage | undefined): number {
    if (page === undefined || !page.videos.some(isActive)) return RESTING_MS;
    return page.videos.length > 40 ? MANY_WORKING_MS : WORKING_MS;
}

/** The videos that are looked at: one, those of a project, or those of all projects; newest first. */
export function watchedVideosQuery(project: string | null, video: string | null) {
    return queryOptions({
        queryKey: keys.watchedVideos(project, video),
        queryFn: async ({ signal }): Promise<VideoPage> => {
            if (video !== null) {
                const one = await call(client.GET('/api/v1/videos/{v}', { params: { path: { v: video } }, signal }));
                return { videos: [one], more: false };
            }
            const query = { limit: VIDEOS_MOST };
            const page =
                project === null
                    ? await call(client.GET('/api/v1/videos', { params: { query }, signal }))
                    : await call(
                          client.GET('/api/v1/projects/{p}/videos', {
                              params: { path: { p: project }, query },
                              signal,
                          }),
                      );
            return { videos: page.videos, more: page.next_cursor !== null };
        },
        // A video that is gone does not come back.
        refetchInterval: ({ state }) => (isNotFound(state.error) ? false : pollMs(state.data)),
    });
}

export function deadLettersQuery(video: string | null) {
    return queryOptions({
        queryKey: keys.deadLettersOf(video),
        queryFn: async ({ signal }) => {
            const letters = [];
            let cursor: string | undefined;
            do {
                const query = { limit: DEAD_LETTERS_PAGE, cursor, video: video ?? undefined };
                const page = await call(client.GET('/api/v1/dead-letters', { params: { query }, signal }));
                letters.push(...page.dead_letters);
                cursor = page.next_cursor ?? undefined;
            } while (cursor !== undefined && letters.length < DEAD_LETTERS_MOST);
            return { letters, more: cursor !== undefined };
        },
        refetchInterval: RESTING_MS,
    });
}

export function retryDeadLetter(id: number) {
    return call(client.POST('/api/v1/dead-letters/{id}/retry', { params: { path: { id } } }));
}

/** Any refused answer comes with its reason here, which an event stream cannot tell. */
export function getActivityState() {
    return call(client.GET('/api/v1/activity/state'));
}
