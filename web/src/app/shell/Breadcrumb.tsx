import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from 'react-router';
import { projectsQuery, videoQuery } from '@/api/queries.ts';
import { ChevronDownIcon, ChevronLeftIcon, FolderIcon } from '@/components/icons.tsx';
import { Menu } from '@/components/Menu.tsx';
import { formatNumberOf } from '@/lib/format.ts';
import { paths } from '@/lib/paths.ts';
import styles from './Breadcrumb.module.css';

/** Where one is: the project, with a menu of the others, and the video. */
export function Breadcrumb() {
    const { project, video } = useParams();
    if (project === undefined) return <div className={styles.none} />;
    return (
        <nav aria-label="Breadcrumb" className={styles.crumbs}>
            <ol>
                <li>
                    <Link to={paths.project(project)} className={styles.crumb} aria-label={project} title={project}>
                        <ChevronLeftIcon className={styles.back} />
                        <span className={styles.project}>{project}</span>
                    </Link>
                    <ProjectSwitcher project={project} />
                </li>
                {video !== undefined && (
                    <li className={styles.last}>
                        <VideoCrumb video={video} />
                    </li>
                )}
            </ol>
        </nav>
    );
}

function VideoCrumb({ video }: { video: string }) {
    const { data } = useQuery(videoQuery(video));
    const name = data?.name ?? video;
    return (
        <span className={styles.current} dir="auto" aria-current="page" title={name}>
            {name}
        </span>
    );
}

function ProjectSwitcher({ project }: { project: string }) {
    const navigate = useNavigate();
    const { data } = useQuery(projectsQuery());
    return (
        <Menu
            label="Projects"
            items={[
                ...(data ?? []).map(({ name, videos }) => ({
                    label: name,
                    note: formatNumberOf(videos, 'video'),
                    checked: name === project,
                    onSelect: () => void navigate(paths.project(name)),
                })),
                'separator' as const,
                { label: 'All projects', icon: <FolderIcon />, onSelect: () => void navigate(paths.projects()) },
            ]}
            trigger={attributes => (
                <button
                    type="button"
                    {...attributes}
                    className={styles.switch}
                    aria-label="Switch project"
                    title="Switch project"
                >
                    <ChevronDownIcon />
                </button>
            )}
        />
    );
}
