import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { projectsQuery } from '@/api/queries.ts';
import { Button } from '@/components/Button.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { ErrorState } from '@/components/ErrorState.tsx';
import { FilmIcon, PlusIcon } from '@/components/icons.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { Page } from '@/components/Page.tsx';
import { Loading, Skeleton } from '@/components/Skeleton.tsx';
import { formatNumberOf } from '@/lib/format.ts';
import { useShortcut } from '@/lib/keys.tsx';
import { paths } from '@/lib/paths.ts';
import { NewProjectDialog } from './NewProjectDialog.tsx';
import { ProjectCard } from './ProjectCard.tsx';
import styles from './ProjectsView.module.css';

const REFRESH_MS = 10_000;
const REFRESH_DELETING_MS = 1500;

export function ProjectsView() {
    const navigate = useNavigate();
    const [isCreating, setIsCreating] = useState(false);
    const { data, error, isFetching, refetch } = useQuery({
        ...projectsQuery(),
        refetchInterval: ({ state }) =>
            state.data?.some(project => project.deleting) ? REFRESH_DELETING_MS : REFRESH_MS,
    });
    useShortcut('n', 'New video', () => void navigate(paths.newVideo()), { group: 'Projects' });
    const isFirstRun = data?.length === 0;
    const hasProjects = data !== undefined && data.length > 0;
    const newProject = <Button onClick={() => setIsCreating(true)}>New project</Button>;
    const newVideo = (
        <LinkButton variant="primary" icon={<PlusIcon />} to={paths.newVideo()}>
            New video
        </LinkButton>
    );
    return (
        <Page
            title="Projects"
            about={hasProjects && formatNumberOf(data.length, 'project')}
            actions={
                hasProjects && (
                    <>
                        {newProject}
                        {newVideo}
                    </>
                )
            }
        >
            {data === undefined && error !== null && (
                <ErrorState
                    title="The projects could not be loaded"
                    error={error}
                    busy={isFetching}
                    onRetry={() => void refetch()}
                />
            )}
            {data === undefined && error === null && <ProjectsSkeleton />}
            {isFirstRun && (
                <EmptyState
                    icon={<FilmIcon size={20} />}
                    title="Start with a video"
                    actions={
                        <>
                            {newVideo}
                            {newProject}
                        </>
                    }
                >
                    Give the address of a video, or a file. Everything that is seen in it becomes searchable: point at a
                    thing once, name it, and find it wherever it appears.
                </EmptyState>
            )}
            {hasProjects && (
                <ul className={styles.grid} aria-label="Projects">
                    {data.map(project => (
                        <ProjectCard key={project.name} project={project} />
                    ))}
                </ul>
            )}
            {isCreating && <NewProjectDialog onClose={() => setIsCreating(false)} />}
        </Page>
    );
}

function ProjectsSkeleton() {
    return (
        <div className={styles.grid} aria-busy="true">
            <Loading what="projects" />
            {[0, 1, 2].map(i => (
                <div key={i} className={styles.skeleton}>
                    <Skeleton height="auto" radius={0} />
                    <Skeleton width="40%" />
                    <Skeleton width="70%" />
                </div>
            ))}
        </div>
    );
}
