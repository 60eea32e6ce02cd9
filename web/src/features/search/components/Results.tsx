import type { ReactNode } from 'react';
import { Button } from '@/components/Button.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { ErrorState } from '@/components/ErrorState.tsx';
import { ImageIcon, RefreshIcon, SearchIcon } from '@/components/icons.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { Loading, Skeleton } from '@/components/Skeleton.tsx';
import { isNotFound, sentenceOf } from '@/api/problem.ts';
import { formatCount } from '@/lib/format.ts';
import type { Results as Found } from '../hooks/useResults.ts';
import { paths } from '@/lib/paths.ts';
import { useVideoNames } from '@/api/video-names.ts';
import { OFFSET_MOST } from '../model/pages.ts';
import { scoreOf, type Question } from '../model/question.ts';
import { ResultGrid } from './ResultGrid.tsx';
import styles from './Results.module.css';

const SKELETONS = 18;

interface Props {
    project: string;
    question: Question;
    results: Found;
    /** A button, where there are filters. */
    clearFilters: ReactNode;
}

/** What was found, or why there is nothing to show. */
export function Results({ project, question, results, clearFilters }: Props) {
    const nameOf = useVideoNames(project, results.hits);
    const { state, problems } = results;
    if (state === 'loading')
        return (
            <div className={styles.skeletons} aria-busy="true">
                <Loading what="results" />
                {Array.from({ length: SKELETONS }, (_, at) => (
                    <span key={at} className={styles.skeleton}>
                        <Skeleton height="100%" />
                    </span>
                ))}
            </div>
        );
    if (state === 'picture missing')
        return (
            <EmptyState icon={<ImageIcon size={20} />} title="The picture of this search is not in this browser">
                Pictures to search by stay in the browser in which they were chosen, and only the latest of them. Choose
                it again above, or drop or paste it here.
            </EmptyState>
        );
    if (state === 'failed') {
        // The sentence stands where the mistake is.
        if (isNotFound(results.error) && problems.example !== undefined)
            return (
                <NotThere
                    project={project}
                    what={question.object === null && question.label !== null ? 'label' : 'object'}
                />
            );
        if (Object.keys(problems).length > 0)
            return <EmptyState icon={<SearchIcon size={20} />} title="This could not be searched for" />;
        return (
            <ErrorState
                title="The search failed"
                error={results.error}
                busy={results.busy}
                onRetry={results.retry}
                actions={clearFilters}
            />
        );
    }
    if (results.hits.length === 0)
        return (
            <EmptyState
                icon={<SearchIcon size={20} />}
                title={clearFilters === false ? 'Nothing was found' : 'Nothing passes the filters'}
                actions={clearFilters}
            >
                {clearFilters === false && 'Videos that are still being indexed are searched as far as they are done.'}
            </EmptyState>
        );
    return (
        <>
            <ResultGrid
                project={project}
                sections={results.sections}
                scoreKind={scoreOf(question)}
                videoName={nameOf}
                complete={results.complete}
                onEnd={results.loadMore}
                loadingMore={results.loadingMore}
            />
            {results.moreError !== null && (
                <p role="alert" className={styles.note}>
                    The next results could not be loaded. {sentenceOf(results.moreError)}
                    <Button size="s" icon={<RefreshIcon />} busy={results.busy} onClick={results.retry}>
                        Try again
                    </Button>
                </p>
            )}
            {results.cutOff && (
                <p className={styles.note}>
                    These are the best {formatCount(OFFSET_MOST)}. Filters show what comes after them.
                </p>
            )}
        </>
    );
}

function NotThere({ project, what }: { project: string; what: 'label' | 'object' }) {
    return (
        <EmptyState
            icon={<SearchIcon size={20} />}
            title={`There is no such ${what} in ${project}`}
            actions={<LinkButton to={paths.search(project)}>Search for something else</LinkButton>}
        >
            {what === 'label'
                ? 'It was renamed or removed, or the address is not whole.'
                : 'It was removed, its video was indexed anew since, or the address is not whole.'}
        </EmptyState>
    );
}
