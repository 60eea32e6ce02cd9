import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { postExamples, postKeep } from '@/api/label-changes.ts';
import { labelsQuery } from '@/api/queries.ts';
import { Button } from '@/components/Button.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { ErrorState } from '@/components/ErrorState.tsx';
import { FilterSelect } from '@/components/FilterSelect.tsx';
import { CheckIcon } from '@/components/icons.tsx';
import { Loading, Skeleton } from '@/components/Skeleton.tsx';
import { formatCount, formatNumberOf } from '@/lib/format.ts';
import { useShortcut } from '@/lib/keys.tsx';
import { paths } from '@/lib/paths.ts';
import { mistakesQuery } from '../api/queries.ts';
import type { LabelSteps } from '../hooks/useLabelSteps.ts';
import { insteadOf, mistakeKey, objectsOf, stillToReview, type Mistake } from '../model/review.ts';
import viewStyles from './LabelledView.module.css';
import { MistakeCard } from './MistakeCard.tsx';
import styles from './MistakeReview.module.css';

interface Props {
    project: string;
    label: string | null;
    onLabel: (label: string | null) => void;
    steps: LabelSteps;
}

/** Probable mistakes, one at a time, decided with one key each. */
export function MistakeReview({ project, label, onLabel, steps }: Props) {
    const navigate = useNavigate();
    const labels = useQuery(labelsQuery(project)).data?.labels ?? [];
    const list = useInfiniteQuery(mistakesQuery(project, label));
    const { data, error, isFetching, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = list;
    // Gone from the screen at once; what could not be done comes back, and so does what is undone.
    const [done, setDone] = useState<ReadonlySet<string>>(new Set());
    const left = stillToReview(data?.pages.flatMap(page => page.mistakes) ?? [], done);
    const [mistake] = left;
    const instead = mistake === undefined ? null : insteadOf(mistake);

    function decide(ask: ((about: Mistake) => ReturnType<typeof postKeep>) | null) {
        if (mistake === undefined) return;
        const key = mistakeKey(mistake);
        setDone(before => new Set(before).add(key));
        if (ask === null) return;
        void steps
            .change(() => ask(mistake))
            .then(() =>
                // The list is the server's again: decided, it is not in it; undone, it is.
                setDone(before => new Set([...before].filter(other => other !== key))),
            );
    }
    const keep = () => decide(about => postKeep(project, about.assertion.label, objectsOf(about)));
    const takeBack = () => decide(about => postExamples(project, about.assertion.label, { clear: objectsOf(about) }));
    const change = () => {
        if (instead !== null) decide(about => postExamples(project, instead.label, { positive: objectsOf(about) }));
    };
    const skip = () => decide(null);
    const open = () => {
        if (mistake === undefined) return;
        const { hit } = mistake.assertion;
        void navigate(paths.video(project, hit.video, { t: hit.pts_us, sel: hit.object }));
    };
    const options = { group: 'Probable mistakes', enabled: mistake !== undefined };
    useShortcut('y', 'It is right: keep it', keep, options);
    useShortcut('x', 'Take it back', takeBack, options);
    useShortcut('c', 'It is the other label', change, { ...options, enabled: instead !== null });
    useShortcut('u', 'Skip: not sure', skip, options);
    useShortcut('Enter', 'Show it in its video', open, options);

    const [first] = data?.pages ?? [];
    return (
        <>
            <div className={viewStyles.filters} role="group" aria-label="Filters">
                <FilterSelect
                    label="Label"
                    any="Any label"
                    value={label}
                    options={labels.map(({ name }) => ({ value: name, label: name }))}
                    onChange={onLabel}
                />
                {first !== undefined && (
                    <p className={styles.count} role="status">
                        {left.length === 0
                            ? ''
                            : `${formatNumberOf(left.length, 'probable mistake')}${hasNextPage ? ' and more' : ''}`}
                        {first.examined < first.assertions &&
                            ` (${formatCount(first.examined)} of ${formatCount(first.assertions)} words were compared)`}
                    </p>
                )}
            </div>
            {data === undefined ? (
                error !== null ? (
                    <ErrorState
                        compact
                        title="The probable mistakes could not be loaded"
                        error={error}
                        busy={isFetching}
                        onRetry={() => void refetch()}
                    />
                ) : (
                    <div className={styles.waiting}>
                        <Loading what="probable mistakes" />
                        <Skeleton width="100%" height={220} />
                    </div>
                )
            ) : mistake !== undefined ? (
                <MistakeCard
                    key={mistakeKey(mistake)}
                    mistake={mistake}
                    instead={instead?.text ?? null}
                    onKeep={keep}
                    onTakeBack={takeBack}
                    onInstead={change}
                    onSkip={skip}
                    onOpen={open}
                />
            ) : (
                <EmptyState
                    compact
                    icon={<CheckIcon size={20} />}
                    title={isFetching ? 'Looking…' : 'Nothing looks like a mistake'}
                    actions={
                        <>
                            {hasNextPage && (
                                <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                                    The next ones
                                </Button>
                            )}
                            {done.size > 0 && (
                                <Button onClick={() => setDone(new Set())}>Show what was skipped again</Button>
                            )}
                        </>
                    }
                >
                    What was said agrees with what resembles it. A label needs at least two examples to be judged.
                </EmptyState>
            )}
        </>
    );
}
