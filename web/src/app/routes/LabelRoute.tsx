import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useParams } from 'react-router';
import type { Schema } from '@/api/client.ts';
import { keys } from '@/api/keys.ts';
import { isNotFound } from '@/api/problem.ts';
import { videoQuery } from '@/api/queries.ts';
import { isGrowing } from '@/api/video.ts';
import { ErrorState } from '@/components/ErrorState.tsx';
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
    const { data, error, isFetching, refetch } = useQuery({
        ...videoQuery(video),
        refetchInterval: ({ state }) => (isGrowing(state.data, Date.now()) ? RUNNING_REFETCH_MS : false),
    });
    useRefetchWhenTracked(data);
    useTitle(data?.name, project);
    if (data !== undefined) return <LoadedVideo key={project} project={project} video={data} />;
    if (error !== null)
        return (
            <ErrorState
                title="The video could not be loaded"
                error={error}
                busy={isFetching}
                // It does not come by asking again.
                onRetry={isNotFound(error) ? undefined : () => void refetch()}
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

function LoadedVideo({ project, video }: { project: string; video: Schema<'Video'> }) {
    const exchange = useExchange(project);
    const view = useLabelView(project, video, label => exchange.exportLabels({ label }));
    return (
        <LabellingProvider view={view.labelling}>
            <LabelView video={video} view={view} />
            {exchange.dialog}
        </LabellingProvider>
    );
}
