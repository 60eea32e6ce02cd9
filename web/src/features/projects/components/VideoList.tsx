import { Button } from '@/components/Button.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { ErrorState } from '@/components/ErrorState.tsx';
import { FilmIcon, PlusIcon, SearchIcon } from '@/components/icons.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { Loading, Skeleton } from '@/components/Skeleton.tsx';
import { formatNumberOf } from '@/lib/format.ts';
import { paths } from '@/lib/paths.ts';
import { useUrlEnum, useUrlString } from '@/lib/url-state.ts';
import { useVideos } from '../hooks/use-videos.ts';
import { isPlain, listed, MANY, SORTINGS, STATE_FILTERS, type ListView } from '../model/video-list.ts';
import { VideoRow } from './VideoRow.tsx';
import { VideoToolbar } from './VideoToolbar.tsx';
import styles from './VideoList.module.css';

export function VideoList({ project }: { project: string }) {
    const [name, setName] = useUrlString('name');
    const [state, setState] = useUrlEnum('state', STATE_FILTERS, 'all');
    const [sort, setSort] = useUrlEnum('sort', SORTINGS, 'newest');
    const view: ListView = { name: name ?? '', state, sort };
    const plain = isPlain(view);
    const query = useVideos(project, !plain);
    const { videos, data, error, hasNextPage, isLoadingMore, isFetching, fetchNextPage, refetch } = query;
    const shown = listed(videos, view);

    function change(next: Partial<ListView>) {
        if (next.name !== undefined) setName(next.name);
        if (next.state !== undefined) setState(next.state);
        if (next.sort !== undefined) setSort(next.sort);
    }

    if (data === undefined) {
        return error === null ? (
            <ListSkeleton />
        ) : (
            <ErrorState
                title="The videos could not be loaded"
                error={error}
                busy={isFetching}
                onRetry={() => void refetch()}
            />
        );
    }
    if (videos.length === 0) return <NoVideos project={project} />;
    return (
        <section className={styles.videos} aria-labelledby="videos-heading">
            <h2 id="videos-heading" className="visually-hidden">
                Videos
            </h2>
            {(videos.length > MANY || !plain) && <VideoToolbar view={view} onChange={change} />}
            <p className="visually-hidden" role="status">
                {plain ? '' : `${formatNumberOf(shown.length, 'video')} found`}
            </p>
            {shown.length === 0 ? (
                <EmptyState
                    icon={<SearchIcon size={20} />}
                    title={hasNextPage ? 'Still looking…' : 'No video is like that'}
                    actions={
                        <Button onClick={() => change({ name: '', state: 'all', sort: 'newest' })}>
                            Show all videos
                        </Button>
                    }
                />
            ) : (
                <ul className={styles.list}>
                    {shown.map(video => (
                        <VideoRow key={video.id} video={video} />
                    ))}
                </ul>
            )}
            {hasNextPage && plain && (
                <div className={styles.more}>
                    <Button busy={isLoadingMore} onClick={() => void fetchNextPage()}>
                        Show more videos
                    </Button>
                </div>
            )}
        </section>
    );
}

function NoVideos({ project }: { project: string }) {
    return (
        <EmptyState
            icon={<FilmIcon size={20} />}
            title="No videos yet"
            actions={
                <LinkButton variant="primary" icon={<PlusIcon />} to={paths.newVideo(project)}>
                    New video
                </LinkButton>
            }
        >
            Add one by its address or as a file: what is seen in it becomes searchable.
        </EmptyState>
    );
}

function ListSkeleton() {
    return (
        <div aria-busy="true" className={styles.list}>
            <Loading what="videos" />
            {[0, 1, 2].map(i => (
                <div key={i} className={styles.skeleton}>
                    <Skeleton width={128} height={72} radius="var(--radius)" />
                    <Skeleton width="50%" />
                    <Skeleton width="60%" />
                </div>
            ))}
        </div>
    );
}
