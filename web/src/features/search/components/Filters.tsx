import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { classesQuery, labelsQuery } from '@/api/queries.ts';
import { Button } from '@/components/Button.tsx';
import { CloseIcon } from '@/components/icons.tsx';
import { formatCount, formatScore } from '@/lib/format.ts';
import type { Asking } from '../hooks/useQuestion.ts';
import type { Problems } from '../model/problems.ts';
import { isFiltered, scoreOf, withoutFilters, type Question } from '../model/question.ts';
import { FilterSelect } from '@/components/FilterSelect.tsx';
import { VideoFilter } from '@/components/VideoFilter.tsx';
import styles from './Filters.module.css';

interface Props {
    project: string;
    question: Question;
    ask: Asking['ask'];
    problems: Problems;
}

/** What narrows the answer; kept in the address. */
export function Filters({ project, question, ask, problems }: Props) {
    const classes = useQuery(classesQuery(project)).data ?? [];
    const labels = useQuery(labelsQuery(project)).data?.labels ?? [];
    return (
        <div className={styles.filters} role="group" aria-label="Filters">
            <FilterSelect
                label="Class"
                any="Any class"
                value={question.class}
                options={classes.map(({ name, objects }) => ({
                    value: name,
                    label: `${name} (${formatCount(objects)})`,
                }))}
                error={problems.class}
                onChange={value => ask({ ...question, class: value })}
            />
            {(labels.length > 0 || question.label !== null) && (
                <FilterSelect
                    label="Label"
                    any="Any label"
                    value={question.label}
                    options={labels.map(({ name }) => ({ value: name, label: name }))}
                    error={problems.label}
                    onChange={value => ask({ ...question, label: value })}
                />
            )}
            <VideoFilter
                project={project}
                value={question.video}
                error={problems.video}
                onChange={value => ask({ ...question, video: value })}
            />
            <ScoreFilter question={question} ask={ask} problem={problems.score} />
            {isFiltered(question) && (
                <Button
                    size="s"
                    variant="quiet"
                    icon={<CloseIcon />}
                    className={styles.clear}
                    onClick={() => ask(withoutFilters(question))}
                >
                    Clear
                </Button>
            )}
        </div>
    );
}

type PartProps = Pick<Props, 'question' | 'ask'> & { problem: string | undefined };

function ScoreFilter({ question, ask, problem }: PartProps) {
    // While the slider is being moved, its number goes ahead of the address.
    const [sliding, setSliding] = useState<number | null>(null);
    const kind = scoreOf(question);
    if (kind === null) return null;
    const least = sliding ?? question.minScore ?? 0;
    const name = kind === 'detector' ? 'detector’s score' : 'similarity';
    const settle = () => {
        if (sliding !== null) ask({ ...question, minScore: sliding === 0 ? null : sliding }, 'replace');
    };
    return (
        <div className={styles.part}>
            <label className={styles.score}>
                <input
                    type="range"
                    min={0}
                    max={0.95}
                    step={0.05}
                    value={least}
                    onChange={event => setSliding(Number(event.target.value))}
                    onPointerUp={settle}
                    onKeyUp={settle}
                    onBlur={() => {
                        settle();
                        setSliding(null);
                    }}
                />
                <span>
                    {least === 0
                        ? `Any ${name}`
                        : `${name.charAt(0).toUpperCase()}${name.slice(1)} from ${formatScore(least)}`}
                </span>
            </label>
            <p className={styles.error} aria-live="polite">
                {problem}
            </p>
        </div>
    );
}
