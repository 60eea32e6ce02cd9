// The videos of a project, and what can be done with them.
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/react-query';
import { call, client } from '@/api/client.ts';
import { keys } from '@/api/keys.ts';
import type { IngestOptions } from '../model/options.ts';
import type { Video } from '../model/video-state.ts';
import { wasThereBefore } from '../model/was-there.ts';

const PAGE = 100;
/** As many as a project's card has room for. */
const PREVIEWS = 4;

export function videosQuery(project: string) {
    return infiniteQueryOptions({
        queryKey: [...keys.videosOf(project), 'pages'] as const,
        queryFn: ({ pageParam, signal }) =>
            call(
                client.GET('/api/v1/projects/{p}/videos', {
                    params: { path: { p: project }, query: { limit: PAGE, cursor: pageParam } },
                    signal,
                }),
            ),
        initialPageParam: undefined as string | undefined,
        getNextPageParam: page => page.next_cursor ?? undefined,
    });
}

/** The newest videos, to show a project by. */
export function previewsQuery(project: string) {
    return queryOptions({
        queryKey: [...keys.videosOf(project), 'previews'] as const,
        queryFn: async ({ signal }) => {
            const params = { path: { p: project }, query: { limit: PREVIEWS } };
            return (await call(client.GET('/api/v1/projects/{p}/videos', { params, signal }))).videos;
        },
        staleTime: 30_000,
    });
}

export interface Submitted {
    video: Video;
    /** The project had it already; what was missing of it is being done now. */
    wasThere: boolean;
}

export interface Submission extends IngestOptions {
    source: string;
    name: string;
}

export async function submitVideo(project: string, submission: Submission): Promise<Submitted> {
    const { name, fps, ...rest } = submission;
    const startedMs = performance.now();
    const outcome = client.POST('/api/v1/projects/{p}/videos', {
        params: { path: { p: project } },
        body: { ...rest, fps, ...(name === '' ? {} : { name }) },
    });
    const video = await call(outcome);
    const date = (await outcome).response.headers.get('Date');
    return { video, wasThere: wasThereBefore(video.created_at, date, performance.now() - startedMs) };
}

const pathOf = (video: string) => ({ params: { path: { v: video } } });

export const renameVideo = (video: string, name: string) =>
    call(client.POST('/api/v1/videos/{v}/rename', { ...pathOf(video), body: { name } }));
export const deleteVideo = (video: string) => call(client.DELETE('/api/v1/videos/{v}', pathOf(video)));

/** To be called after every change of a project's videos. */
export async function refreshProject(queries: QueryClient, project: string): Promise<void> {
    await Promise.all(
        [keys.videosOf(project), keys.project(project), keys.projects].map(queryKey =>
            queries.invalidateQueries({ queryKey }),
        ),
    );
}
