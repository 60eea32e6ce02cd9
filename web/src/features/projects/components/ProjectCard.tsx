import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { Schema } from '@/api/client.ts';
import { Badge } from '@/components/Badge.tsx';
import { IconButton } from '@/components/IconButton.tsx';
import { ActivityIcon, FilmIcon, FolderIcon, MoreIcon, PlusIcon, TrashIcon } from '@/components/icons.tsx';
import { Menu } from '@/components/Menu.tsx';
import { classNames } from '@/lib/class-names.ts';
import { formatAgo, formatDateTime, formatNumberOf } from '@/lib/format.ts';
import { paths } from '@/lib/paths.ts';
import { previewsQuery } from '../api/videos.ts';
import { useSeen } from '../hooks/use-seen.ts';
import { DeleteProjectDialog } from './DeleteProjectDialog.tsx';
import { VideoThumb } from './VideoThumb.tsx';
import styles from './ProjectCard.module.css';

export function ProjectCard({ project }: { project: Schema<'Project'> }) {
    const navigate = useNavigate();
    const [ref, isSeen] = useSeen<HTMLLIElement>();
    const [isDeleting, setIsDeleting] = useState(false);
    const { name, deleting, videos, frames, objects, created_at } = project;
    return (
        <li ref={ref} className={classNames(styles.card, deleting && styles.deleting)}>
            <Previews project={name} count={videos} enabled={isSeen && !deleting} />
            <div className={styles.text}>
                <h2 className={styles.name}>{deleting ? name : <Link to={paths.project(name)}>{name}</Link>}</h2>
                {deleting ? (
                    <Badge>Being deleted</Badge>
                ) : (
                    <span className={styles.menu}>
                        <Menu
                            label={`Project ${name}`}
                            align="end"
                            items={[
                                {
                                    label: 'Open',
                                    icon: <FolderIcon />,
                                    onSelect: () => void navigate(paths.project(name)),
                                },
                                {
                                    label: 'New video',
                                    icon: <PlusIcon />,
                                    onSelect: () => void navigate(paths.newVideo(name)),
                                },
                                {
                                    label: 'Watch ingestion',
                                    icon: <ActivityIcon />,
                                    onSelect: () => void navigate(paths.activity(name)),
                                },
                                'separator',
                                {
                                    label: 'Delete…',
                                    icon: <TrashIcon />,
                                    danger: true,
                                    onSelect: () => setIsDeleting(true),
                                },
                            ]}
                            trigger={attributes => (
                                <IconButton
                                    {...attributes}
                                    size="s"
                                    label={`Actions for project ${name}`}
                                    icon={<MoreIcon />}
                                />
                            )}
                        />
                    </span>
                )}
                <p className={styles.counts}>
                    {videos === 0
                        ? 'No videos yet'
                        : [
                              formatNumberOf(videos, 'video'),
                              formatNumberOf(frames, 'frame'),
                              formatNumberOf(objects, 'object'),
                          ]
                              // A number and its word stay in one line.
                              .map(part => part.replaceAll(' ', '\u00a0'))
                              .join(' · ')}
                </p>
                <p className={styles.created} title={formatDateTime(created_at)}>
                    Created {formatAgo(created_at)}
                </p>
            </div>
            {isDeleting && <DeleteProjectDialog project={project} onClose={() => setIsDeleting(false)} />}
        </li>
    );
}

function Previews({ project, count, enabled }: { project: string; count: number; enabled: boolean }) {
    const { data } = useQuery({ ...previewsQuery(project), enabled: enabled && count > 0 });
    const shown = (data ?? []).filter(video => video.thumbnail).slice(0, 4);
    return (
        <div className={styles.previews} data-count={shown.length} aria-hidden="true">
            {shown.length === 0 ? (
                <FilmIcon size={24} />
            ) : (
                shown.map(video => <VideoThumb key={video.id} video={video} />)
            )}
        </div>
    );
}
