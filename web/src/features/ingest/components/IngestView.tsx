import { lazy, Suspense, useMemo, type ReactNode } from 'react';
import { Link } from 'react-router';
import { isNotFound } from '@/api/problem.ts';
import { EmptyState } from '@/components/EmptyState.tsx';
import { ErrorState } from '@/components/ErrorState.tsx';
import { ActivityIcon, CloseIcon, PlusIcon } from '@/components/icons.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { Loading, Skeleton } from '@/components/Skeleton.tsx';
import { Tabs } from '@/components/Tabs.tsx';
import { formatCount, formatNumberOf } from '@/lib/format.ts';
import { paths } from '@/lib/paths.ts';
import { useUrlEnum, useUrlString } from '@/lib/url-state.ts';
import type { StreamSnapshot } from '../api/activity-stream.ts';
import { ActivityContext, useActivity } from '../hooks/activity-context.ts';
import { useFailures } from '../hooks/use-failures.ts';
import { useLogUrl } from '../hooks/use-log-url.ts';
import { useStream } from '../hooks/use-stream.ts';
import { useStored } from '../hooks/use-stored.ts';
import { useWatchedVideos } from '../hooks/use-watched-videos.ts';
import { phaseOf, sumsOf } from '../model/progress.ts';
import { Failures } from './Failures.tsx';
import { LogPanel } from './LogPanel.tsx';
import { NodeDetails } from './NodeDetails.tsx';
import { StreamChip } from './StreamChip.tsx';
import { Summary } from './Summary.tsx';
import { StoredContext } from './stored-context.ts';
import { Totals } from './Totals.tsx';
import { VideoList } from './VideoList.tsx';
import styles from './IngestView.module.css';

const FlowGraph = lazy(() => import('./FlowGraph.tsx'));

interface Props {
    /** Only its videos; null for those of all projects. */
    project: string | null;
}

const hasBegun = ({ activity }: StreamSnapshot) => activity.id >= 0;

function GraphSkeleton() {
    return (
        <div className={styles.graphSkeleton} aria-busy="true">
            <Loading what="the data flow" />
            {[120, 200, 200, 200].map((width, i) => (
                <Skeleton key={i} width={width} height={110} radius="var(--radius-l)" />
            ))}
        </div>
    );
}

interface HeadProps {
    project: string | null;
    video: string | undefined;
    /** Of how many videos everything here is, where there are more. */
    newest?: number | undefined;
    children?: ReactNode;
}

function Head({ project, video, newest, children }: HeadProps) {
    return (
        <header className={styles.head}>
            <h1>Ingestion</h1>
            <p className={styles.scope}>
                {project !== null && <Link to={paths.project(project)}>{project}</Link>}
                {video !== undefined && (
                    <span className={styles.only}>
                        <span className={styles.onlyName}>{video}</span>
                        <Link
                            to={paths.activity(project ?? undefined)}
                            aria-label="Show all videos"
                            title="Show all videos"
                        >
                            <CloseIcon size={14} />
                        </Link>
                    </span>
                )}
                {newest !== undefined && (
                    <span className={styles.note}>the newest {formatNumberOf(newest, 'video')}</span>
                )}
            </p>
            {children}
            <StreamChip />
            <LinkButton size="s" icon={<PlusIcon />} to={paths.newVideo(project ?? undefined)}>
                New video
            </LinkButton>
        </header>
    );
}

function View({ project }: Props) {
    const [video] = useUrlString('video');
    const [node, setNode] = useUrlString('node');
    const [panel, setPanel] = useUrlEnum('panel', ['log', 'failures'], 'log');
    const log = useLogUrl();
    const begun = useActivity(hasBegun);
    const { query, videos, more, samples, names } = useWatchedVideos(project, video);
    const restricted = project !== null || video !== null;
    const scope = useMemo(() => (restricted ? new Set(videos.map(one => one.id)) : null), [restricted, videos]);
    const failures = useFailures(project, video);
    const sums = useMemo(() => sumsOf(videos), [videos]);
    const stored = useStored(project, more, sums);
    const phase = phaseOf(videos);
    const loaded = query.data !== undefined;

    // A video that is deleted while one watches it is gone, whatever was known of it.
    if (query.isError && (!loaded || isNotFound(query.error))) {
        return (
            <section className={styles.view}>
                <Head project={project} video={undefined} />
                <ErrorState
                    title={video === null ? 'The videos could not be loaded' : 'The video could not be loaded'}
                    error={query.error}
                    busy={query.isFetching}
                    onRetry={isNotFound(query.error) ? undefined : () => void query.refetch()}
                    actions={
                        video !== null && (
                            <LinkButton to={paths.activity(project ?? undefined)}>Show all videos</LinkButton>
                        )
                    }
                />
            </section>
        );
    }
    return (
        <StoredContext value={stored}>
            <section className={styles.view}>
                <Head
                    project={project}
                    video={video === null ? undefined : (names.get(video) ?? video)}
                    newest={more ? videos.length : undefined}
                >
                    <Totals sums={sums} videos={videos} samples={samples} everything={!restricted} />
                </Head>
                {loaded && phase === 'finished' && <Summary {...{ videos, more, sums }} />}
                <div className={styles.stage}>
                    <Suspense fallback={<GraphSkeleton />}>
                        {begun ? <FlowGraph selected={node} onSelect={setNode} /> : <GraphSkeleton />}
                    </Suspense>
                    {node !== null && begun && (
                        <NodeDetails
                            node={node}
                            nameOf={id => names.get(id) ?? id}
                            onShowLog={worker => {
                                setPanel('log');
                                log.setWorker(worker);
                            }}
                            onClose={() => setNode(null)}
                        />
                    )}
                </div>
                <div className={styles.lower}>
                    <div className={styles.videos}>
                        <h2 className={styles.title}>
                            Videos {loaded && <span className={styles.note}>{formatCount(stored.videos)}</span>}
                        </h2>
                        {!loaded && (
                            <div className={styles.listSkeleton} aria-busy="true">
                                <Loading what="the videos" />
                                <Skeleton height={44} />
                                <Skeleton height={44} />
                            </div>
                        )}
                        {loaded && phase === 'empty' && (
                            <EmptyState
                                compact
                                icon={<ActivityIcon size={20} />}
                                title={project === null ? 'Nothing was ingested yet' : 'This project has no videos yet'}
                                actions={
                                    <LinkButton
                                        variant="primary"
                                        icon={<PlusIcon />}
                                        to={paths.newVideo(project ?? undefined)}
                                    >
                                        New video
                                    </LinkButton>
                                }
                            >
                                Add a video, and watch here how it is cut, decoded and searched for objects.
                            </EmptyState>
                        )}
                        {loaded && phase !== 'empty' && (
                            <VideoList
                                {...{ videos, more, samples }}
                                alone={video !== null}
                                showProject={project === null}
                            />
                        )}
                    </div>
                    <div className={styles.panels}>
                        <Tabs
                            label="Log and failures"
                            tabs={[
                                { value: 'log', label: 'Log' },
                                {
                                    value: 'failures',
                                    label: 'Failures',
                                    note:
                                        failures.letters.length > 0 ? formatCount(failures.letters.length) : undefined,
                                },
                            ]}
                            value={panel}
                            onChange={setPanel}
                        >
                            {panel === 'log' ? (
                                <LogPanel scope={scope} names={names} url={log} />
                            ) : (
                                <Failures failures={failures} names={names} />
                            )}
                        </Tabs>
                    </div>
                </div>
            </section>
        </StoredContext>
    );
}

/** What the workers do, live. */
export function IngestView(props: Props) {
    const stream = useStream();
    return (
        <ActivityContext value={stream}>
            <View {...props} />
        </ActivityContext>
    );
}
