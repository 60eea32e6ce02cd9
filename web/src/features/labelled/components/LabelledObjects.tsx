import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Link } from 'react-router';
import type { Schema } from '@/api/client.ts';
import { useVideoNames } from '@/api/video-names.ts';
import { Button } from '@/components/Button.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { ErrorState } from '@/components/ErrorState.tsx';
import { TagIcon } from '@/components/icons.tsx';
import { LabelChip } from '@/components/LabelChip.tsx';
import { ObjectThumb } from '@/components/ObjectThumb.tsx';
import { Loading, Skeleton } from '@/components/Skeleton.tsx';
import { classText } from '@/lib/detector-class.ts';
import { formatAgo, formatDateTime, formatTimecode } from '@/lib/format.ts';
import { paths } from '@/lib/paths.ts';
import { assertionsQuery } from '../api/queries.ts';
import { isNarrowed, NO_FILTERS, type Filters } from '../model/filters.ts';
import { AssertionFilters } from './AssertionFilters.tsx';
import styles from './LabelledView.module.css';

type Assertion = Schema<'Assertion'>;

interface Props {
    project: string;
    filters: Filters;
    onChange: (change: Partial<Filters>) => void;
}

/** What was said, by the filters; each opens the player at its frame. */
export function LabelledObjects({ project, filters, onChange }: Props) {
    const {
        data,
        error,
        isFetching,
        isPlaceholderData,
        refetch,
        hasNextPage,
        fetchNextPage,
        isFetchingNextPage,
        isFetchNextPageError,
    } = useInfiniteQuery(assertionsQuery(project, filters));
    const assertions = useMemo(() => data?.pages.flatMap(page => page.assertions) ?? [], [data]);
    const hits = useMemo(() => assertions.map(({ hit }) => hit), [assertions]);
    const nameOf = useVideoNames(project, hits);
    const narrowed = isNarrowed(filters);
    return (
        <>
            <AssertionFilters project={project} filters={filters} onChange={onChange} />
            {error !== null && data === undefined ? (
                <ErrorState
                    compact
                    title="What was said could not be loaded"
                    error={error}
                    busy={isFetching}
                    onRetry={() => void refetch()}
                    actions={
                        narrowed && (
                            <Button onClick={() => onChange({ ...NO_FILTERS, kind: filters.kind })}>
                                Clear the filters
                            </Button>
                        )
                    }
                />
            ) : data === undefined ? (
                <div className={styles.grid}>
                    <Loading what="what was said" />
                    {Array.from({ length: 6 }, (_, at) => (
                        <Skeleton key={at} width="100%" height={180} />
                    ))}
                </div>
            ) : assertions.length === 0 ? (
                <EmptyState
                    compact
                    icon={<TagIcon size={20} />}
                    title={narrowed ? 'Nothing passes the filters' : EMPTY[filters.kind]}
                    actions={
                        narrowed && (
                            <Button onClick={() => onChange({ ...NO_FILTERS, kind: filters.kind })}>
                                Clear the filters
                            </Button>
                        )
                    }
                >
                    {narrowed ? undefined : HOW[filters.kind]}
                </EmptyState>
            ) : (
                <ul className={styles.grid} aria-label="Labelled objects" data-stale={isPlaceholderData || undefined}>
                    {assertions.map(assertion => (
                        <Card
                            key={`${assertion.label} ${assertion.hit.object}`}
                            project={project}
                            assertion={assertion}
                            videoName={nameOf(assertion.hit.video)}
                        />
                    ))}
                </ul>
            )}
            {hasNextPage && (
                <div className={styles.more}>
                    <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                        {isFetchNextPageError ? 'They could not be loaded: try again' : 'Show more'}
                    </Button>
                </div>
            )}
        </>
    );
}

const EMPTY = {
    explicit: 'Nothing was named yet',
    probable: 'Nothing is probably anything yet',
    negative: 'Nothing was said not to be something',
};

const HOW = {
    explicit: 'Open a video of this project, click a thing in it and name it, or import labels from a file.',
    probable: 'Name some things first: what looks like them is then listed here.',
    negative: 'Pictures that are thrown into the column “No, not this” are listed here.',
};

function Card({ project, assertion, videoName }: { project: string; assertion: Assertion; videoName: string }) {
    const { label, kind, score, by, at, hit } = assertion;
    const said = at === null ? null : by === null ? formatAgo(at) : `${by}, ${formatAgo(at)}`;
    return (
        <li>
            <Link
                to={paths.video(project, hit.video, { t: hit.pts_us, sel: hit.object, label })}
                className={styles.card}
                data-object={hit.object}
            >
                <ObjectThumb object={hit.object} alt={classText(hit)} />
                <span className={styles.line}>
                    {kind === 'negative' && <span className={styles.not}>not</span>}
                    <LabelChip
                        name={label}
                        kind={kind === 'probable' ? 'probable' : 'explicit'}
                        score={kind === 'probable' ? score : undefined}
                    />
                </span>
                {said !== null && at !== null && (
                    <span className={styles.quiet} title={`${by ?? 'nobody put a name to it'}, ${formatDateTime(at)}`}>
                        {said}
                    </span>
                )}
                <span className={styles.line} title={`${videoName}, ${formatTimecode(hit.pts_us)}`}>
                    <span className={styles.quiet}>{videoName}</span>
                    <span className={styles.time}>{formatTimecode(hit.pts_us, { ms: false })}</span>
                </span>
            </Link>
        </li>
    );
}
