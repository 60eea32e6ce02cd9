import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { isNoObject } from '@/api/problem.ts';
import { Button } from '@/components/Button.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { ErrorState } from '@/components/ErrorState.tsx';
import { BoxIcon, SearchIcon } from '@/components/icons.tsx';
import { Loading } from '@/components/Skeleton.tsx';
import { objectQuery, similarQuery } from '../api/queries.ts';
import { useLabelling } from '../hooks/useLabelling.ts';
import { usePictureActions } from '../hooks/usePictureActions.tsx';
import type { Picture } from '../model/picture.ts';
import { GridSkeleton } from './GridSkeleton.tsx';
import { NextFailed } from './NextFailed.tsx';
import { PictureGrid } from './PictureGrid.tsx';
import { SimilarFilters } from './SimilarFilters.tsx';
import styles from './panels.module.css';

const scoreBy = () => 'score' as const;

/** Which column a picture is in already. */
export function useTagOf() {
    const { columns, suggested } = useLabelling();
    return useMemo(() => {
        const positive = new Set([...columns.positive, ...suggested].map(picture => picture.object));
        const negative = new Set(columns.negative.map(picture => picture.object));
        return ({ object }: Picture) =>
            negative.has(object) ? ('negative' as const) : positive.has(object) ? ('positive' as const) : null;
    }, [columns, suggested]);
}

/** What looks like the selected object. */
export function SimilarPanel() {
    const { selected } = useLabelling();
    if (selected === null)
        return (
            <EmptyState compact icon={<BoxIcon size={20} />} title="No object is selected">
                Click a box in the picture, or choose one with the keys [ and ]. What looks like it appears here.
            </EmptyState>
        );
    return (
        <div className={styles.panel}>
            <SimilarResults key={selected} object={selected} />
        </div>
    );
}

function SimilarResults({ object }: { object: string }) {
    const { filters, setFilters, open } = useLabelling();
    const { yes, no, give } = usePictureActions();
    const tagOf = useTagOf();
    const details = useQuery(objectQuery(object)).data;
    const {
        data,
        error,
        isPending,
        isFetching,
        refetch,
        hasNextPage,
        fetchNextPage,
        isFetchingNextPage,
        isFetchNextPageError,
    } = useInfiniteQuery(similarQuery(object, filters));
    const pictures = useMemo<readonly Picture[]>(() => data?.pages.flatMap(page => page.list.hits) ?? [], [data]);
    const classes = useMemo(() => {
        const known = new Set(pictures.map(picture => picture.class));
        if (details !== undefined) known.add(details.class);
        if (filters.class !== null) known.add(filters.class);
        return [...known].sort((a, b) => a.localeCompare(b));
    }, [pictures, details, filters.class]);
    const onEnd = useCallback(() => {
        if (hasNextPage && !isFetching && !isFetchNextPageError) void fetchNextPage();
    }, [hasNextPage, isFetching, isFetchNextPageError, fetchNextPage]);
    const actions = useMemo(() => [yes, no, ...(give === null ? [] : [give])], [yes, no, give]);
    const filtered = filters.class !== null || filters.label !== null || filters.minScore !== null;

    return (
        <>
            <SimilarFilters classes={classes} />
            {isPending ? (
                <>
                    <Loading what="similar objects" />
                    <GridSkeleton />
                </>
            ) : isNoObject(error) ? (
                <EmptyState compact icon={<BoxIcon size={20} />} title="There is nothing to compare with">
                    The address names an object that is not there. Click a box in the picture, or press ] for the next
                    one.
                </EmptyState>
            ) : error !== null && pictures.length === 0 ? (
                <ErrorState
                    compact
                    title="Similar objects could not be loaded"
                    error={error}
                    busy={isFetching}
                    onRetry={() => void refetch()}
                />
            ) : pictures.length === 0 ? (
                <EmptyState
                    compact
                    icon={<SearchIcon size={20} />}
                    title={filtered ? 'Nothing passes the filters' : 'Nothing similar was found'}
                    actions={
                        filtered ? (
                            <Button onClick={() => setFilters({ class: null, label: null, minScore: null })}>
                                Clear the filters
                            </Button>
                        ) : filters.scope === 'video' ? (
                            <Button onClick={() => setFilters({ scope: 'project' })}>Search the whole project</Button>
                        ) : undefined
                    }
                />
            ) : (
                <PictureGrid
                    id="similar"
                    label="Similar objects"
                    sections={[{ key: 'similar', pictures }]}
                    actionsOf={() => actions}
                    scoreBy={scoreBy}
                    tagOf={tagOf}
                    takes="best"
                    onOpen={open}
                    onEnd={onEnd}
                    loadingMore={isFetchingNextPage}
                />
            )}
            {isFetchNextPageError && <NextFailed onRetry={() => void fetchNextPage()} />}
        </>
    );
}
