import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { isNotFound } from '@/api/problem.ts';
import { projectQuery } from '@/api/queries.ts';
import { Badge } from '@/components/Badge.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { ErrorState } from '@/components/ErrorState.tsx';
import { IconButton } from '@/components/IconButton.tsx';
import {
    ActivityIcon,
    DownloadIcon,
    FolderIcon,
    MoreIcon,
    PlusIcon,
    TagIcon,
    TrashIcon,
    UploadIcon,
} from '@/components/icons.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { Menu } from '@/components/Menu.tsx';
import { Page } from '@/components/Page.tsx';
import { formatNumberOf } from '@/lib/format.ts';
import { useShortcut } from '@/lib/keys.tsx';
import { paths } from '@/lib/paths.ts';
import { isProjectName } from '../model/project-name.ts';
import { DeleteProjectDialog } from './DeleteProjectDialog.tsx';
import { LabelsPanel } from './LabelsPanel.tsx';
import { VideoList } from './VideoList.tsx';
import styles from './ProjectView.module.css';

interface Props {
    project: string;
    /** Of labels. */
    onExport: () => void;
    onImport: () => void;
}

export function ProjectView({ project: name, onExport, onImport }: Props) {
    const navigate = useNavigate();
    const [isDeleting, setIsDeleting] = useState(false);
    const {
        data: project,
        error,
        isFetching,
        refetch,
    } = useQuery({
        ...projectQuery(name),
        refetchInterval: ({ state }) => (state.data?.deleting && !isNotFound(state.error) ? 1500 : false),
    });

    useShortcut('n', 'New video', () => void navigate(paths.newVideo(name)), { group: 'Projects' });
    if (error !== null && (project === undefined || isNotFound(error))) {
        return isNotFound(error) || !isProjectName(name) ? (
            <NoSuchProject name={name} />
        ) : (
            <ErrorState
                title="The project could not be loaded"
                error={error}
                busy={isFetching}
                onRetry={() => void refetch()}
            />
        );
    }
    return (
        <Page
            title={name}
            about={
                project?.deleting ? (
                    <Badge>Being deleted</Badge>
                ) : (
                    project !== undefined &&
                    project.videos > 0 &&
                    [
                        formatNumberOf(project.videos, 'video'),
                        formatNumberOf(project.frames, 'frame'),
                        formatNumberOf(project.objects, 'object'),
                    ].join(' · ')
                )
            }
            actions={
                <>
                    <LinkButton variant="primary" icon={<PlusIcon />} to={paths.newVideo(name)}>
                        New video
                    </LinkButton>
                    <Menu
                        label={`Project ${name}`}
                        align="end"
                        items={[
                            {
                                label: 'Watch ingestion',
                                icon: <ActivityIcon />,
                                onSelect: () => void navigate(paths.activity(name)),
                            },
                            {
                                label: 'Labelled objects',
                                icon: <TagIcon />,
                                onSelect: () => void navigate(paths.labelled(name)),
                            },
                            'separator',
                            { label: 'Export labels…', icon: <DownloadIcon />, onSelect: onExport },
                            { label: 'Import labels…', icon: <UploadIcon />, onSelect: onImport },
                            'separator',
                            {
                                label: 'Delete project…',
                                icon: <TrashIcon />,
                                danger: true,
                                disabled: project === undefined || project.deleting,
                                onSelect: () => setIsDeleting(true),
                            },
                        ]}
                        trigger={attributes => (
                            <IconButton {...attributes} label="Actions for this project" icon={<MoreIcon />} />
                        )}
                    />
                </>
            }
        >
            <div className={styles.columns}>
                <VideoList project={name} />
                {project !== undefined && project.videos > 0 && <LabelsPanel project={name} />}
            </div>
            {isDeleting && project !== undefined && (
                <DeleteProjectDialog
                    project={project}
                    onClose={() => setIsDeleting(false)}
                    onDeleted={() => navigate(paths.projects(), { replace: true })}
                />
            )}
        </Page>
    );
}

function NoSuchProject({ name }: { name: string }) {
    return (
        <EmptyState
            icon={<FolderIcon size={20} />}
            title={`There is no project ${name}`}
            actions={
                <>
                    <LinkButton to={paths.projects()}>All projects</LinkButton>
                    {isProjectName(name) && (
                        <LinkButton variant="primary" icon={<PlusIcon />} to={paths.newVideo(name)}>
                            Make it with a new video
                        </LinkButton>
                    )}
                </>
            }
        >
            It may have been deleted, or its name is written differently.
        </EmptyState>
    );
}
