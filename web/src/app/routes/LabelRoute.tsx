import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Navigate, useLocation, useParams } from 'react-router';
import type { Schema } from '@/api/client.ts';
import { keys } from '@/api/keys.ts';
import { isNotFound } from '@/api/problem.ts';
import { videoQuery } from '@/api/queries.ts';
import { useFollowedLabel } from '@/api/use-followed-label.ts';
import { useLiveChanges } from '@/api/use-live-changes.ts';
import { isGrowing } from '@/api/video.ts';
import { EmptyState } from '@/components/EmptyState.tsx';
import { ErrorState } from '@/components/ErrorState.tsx';
import { TrashIcon } from '@/components/icons.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { Loading, Skeleton } from '@/components/Skeleton.tsx';
import { LabellingProvider } from '@/features/labelling/components/LabellingProvider.tsx';
import { paths } from '@/lib/paths.ts';
import { useTitle } from '@/lib/title.ts';
import { useExchange } from '../useExchange.tsx';
import { LabelView } from './LabelView.tsx';
import styles from './LabelRoute.module.css';
import { useLabelView } from './useLabelView.ts';

const RUNNING_REFETCH_MS = 3000;
/** It may be renamed or deleted elsewhere. */
const RESTING_REFETCH_MS = 5000;

/** When the objects of a video have been followed, what was fetched before is fetched again. */
function useRefetchWhenTracked(video: Schema<'Video'> | undefined) {
    const queryClient = useQueryClient();
    const id = video?.id;
    const tracked = video?.progress.tracked;
    const wasTracked = useRef(tracked);
    useEffect(() => {
        if (id !== undefined && wasTracked.current === false && tracked === true) {
            void queryClient.invalidateQueries({ queryKey: keys.framesOf(id) });
            void queryClient.invalidateQueries({ queryKey: keys.timelinesOf(id) });
        }
        wasTracked.current = tracked;
    }, [id, tracked, queryClient]);
}

/** The labelling view: player, similar objects, columns, labels. */
export default function LabelRoute() {
    const { project = '', video = '' } = useParams();
    const { search } = useLocation();
    const query = useQuery({
        ...videoQuery(video),
        refetchInterval: ({ state }) =>
            isNotFound(state.error)
                ? false
                : isGrowing(state.data, Date.now())
                  ? RUNNING_REFETCH_MS
                  : RESTING_REFETCH_MS,
    });
    const { data, error } = query;
    const isGone = isNotFound(error);
    useRefetchWhenTracked(data);
    useTitle(data?.name, project);
    if (data !== undefined && (isGone || data.state === 'deleting')) return <DeletedVideo video={data} />;
    // What a video is in belongs to it, whatever the address says.
    if (data !== undefined && data.project !== project)
        return <Navigate replace to={`${paths.video(data.project, video)}${search}`} />;
    if (data !== undefined) return <LoadedVideo key={project} project={project} video={data} />;
    if (error !== null)
        return (
            <ErrorState
                title="The video could not be loaded"
                error={error}
                busy={query.isFetching}
                // It does not come by asking again.
                onRetry={isGone ? undefined : () => void query.refetch()}
                actions={<LinkButton to={paths.project(project)}>All videos of {project}</LinkButton>}
            />
        );
    return (
        <div className={styles.loading}>
            <Loading what="the video" />
            <Skeleton width="100%" height="100%" />
            <Skeleton width="100%" height="100%" />
        </div>
    );
}

function DeletedVideo({ video: { name, project } }: { video: Schema<'Video'> }) {
    return (
        <div role="alert">
            <EmptyState
                icon={<TrashIcon size={20} />}
                title={`${name} was deleted`}
                actions={<LinkButton to={paths.project(project)}>All videos of {project}</LinkButton>}
            >
                It was deleted while it was open here, with what was found in it and said about that.
            </EmptyState>
        </div>
    );
}

function LoadedVideo({ project, video }: { project: string; video: Schema<'Video'> }) {
    useLiveChanges(project, video.id);
    const exchange = useExchange(project);
    const view = useLabelView(project, video, label => exchange.exportLabels({ label }));
    useFollowedLabel(project, view.labelling.label, view.labelling.setLabel);
    return (
        <LabellingProvider view={view.labelling}>
            <LabelView video={video} view={view} />
            {exchange.dialog}
        </LabellingProvider>
    );
}
