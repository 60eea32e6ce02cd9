import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { labelsQuery, videoQuery } from '@/api/queries.ts';
import { Button } from '@/components/Button.tsx';
import { CloseIcon } from '@/components/icons.tsx';
import { formatCount, formatScore } from '@/lib/format.ts';
import { classesQuery, offeredVideosQuery } from '../api/queries.ts';
import type { Asking } from '../hooks/useQuestion.ts';
import type { Problems } from '../model/problems.ts';
import { isFiltered, scoreOf, withoutFilters, type Question } from '../model/question.ts';
import { FilterSelect } from './FilterSelect.tsx';
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
            <VideoFilter project={project} question={question} ask={ask} problem={problems.video} />
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

function VideoFilter({ project, question, ask, problem }: PartProps & { project: string }) {
    const offered = useQuery(offeredVideosQuery(project)).data ?? [];
    const { video } = question;
    const isOffered = offered.some(({ id }) => id === video);
    // One that is not among the newest has to be asked for.
    const other = useQuery({ ...videoQuery(video ?? ''), enabled: video !== null && offered.length > 0 && !isOffered });
    if (video === null && offered.length < 2) return null;
    const options = offered.map(({ id, name }) => ({ value: id, label: name }));
    if (video !== null && !isOffered) options.push({ value: video, label: other.data?.name ?? video });
    return (
        <FilterSelect
            label="Video"
            any="All videos"
            value={video}
            options={options}
            error={problem}
            onChange={value => ask({ ...question, video: value })}
        />
    );
}

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
