import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import type { Schema } from '@/api/client.ts';
import { isNotFound } from '@/api/problem.ts';
import { videoQuery } from '@/api/queries.ts';
import { ErrorState } from '@/components/ErrorState.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { Loading, Skeleton } from '@/components/Skeleton.tsx';
import { LabellingProvider } from '@/features/labelling/components/LabellingProvider.tsx';
import { paths } from '@/lib/paths.ts';
import { useTitle } from '@/lib/title.ts';
import { LabelView } from './LabelView.tsx';
import styles from './LabelRoute.module.css';
import { useLabelView } from './useLabelView.ts';

const RUNNING_REFETCH_MS = 3000;

function isRunning(video: Schema<'Video'> | undefined): boolean {
    return video?.state === 'queued' || video?.state === 'running';
}

/** The labelling view: player, similar objects, columns, labels. */
export default function LabelRoute() {
    const { project = '', video = '' } = useParams();
    const { data, error, isFetching, refetch } = useQuery({
        ...videoQuery(video),
        refetchInterval: ({ state }) => (isRunning(state.data) ? RUNNING_REFETCH_MS : false),
    });
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
    const view = useLabelView(project, video.id);
    return (
        <LabellingProvider view={view.labelling}>
            <LabelView video={video} view={view} />
        </LabellingProvider>
    );
}
