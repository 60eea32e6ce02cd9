import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { Link } from 'react-router';
import { classesQuery, labelsQuery, videoQuery } from '@/api/queries.ts';
import { Button } from '@/components/Button.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { ErrorState } from '@/components/ErrorState.tsx';
import { CloseIcon, ImageIcon, SearchIcon } from '@/components/icons.tsx';
import { Kbd } from '@/components/Kbd.tsx';
import { LabelChip } from '@/components/LabelChip.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { Loading, Skeleton } from '@/components/Skeleton.tsx';
import { formatCount, formatNumberOf } from '@/lib/format.ts';
import { orderedLabels, useLabelOrder } from '@/lib/label-order.ts';
import { paths } from '@/lib/paths.ts';
import type { Asking } from '../hooks/useQuestion.ts';
import { viewOf, type Question } from '../model/question.ts';
import { PictureInput } from './PictureInput.tsx';
import styles from './StartView.module.css';

/** The classes stand below: a hundred labels must not push them out of sight. */
const SHOWN_FIRST = 24;
/** Thousands at once would take seconds to draw; the search bar finds each by a part of its name. */
const SHOWN_MORE = 300;

interface Props {
    project: string;
    question: Question;
    ask: Asking['ask'];
    onFiles: (files: readonly File[]) => void;
}

/** Nothing is asked for yet: what one can search by. */
export function StartView({ project, question, ask, onFiles }: Props) {
    const picker = useRef<HTMLInputElement>(null);
    const classes = useQuery(classesQuery(project));
    const [shown, setShown] = useState(SHOWN_FIRST);
    const order = useLabelOrder();
    const labels = orderedLabels(useQuery(labelsQuery(project)).data?.labels ?? [], order);
    const { video } = question;
    const videoName = useQuery({ ...videoQuery(video ?? ''), enabled: video !== null }).data?.name ?? video;

    if (classes.error !== null && classes.data === undefined)
        return (
            <ErrorState
                title="The search could not be opened"
                error={classes.error}
                busy={classes.isFetching}
                onRetry={() => void classes.refetch()}
            />
        );
    if (classes.data?.length === 0)
        return (
            <EmptyState
                icon={<SearchIcon size={20} />}
                title={`There is nothing to search in ${project} yet`}
                actions={
                    <LinkButton variant="primary" to={paths.newVideo(project)}>
                        New video
                    </LinkButton>
                }
            >
                As soon as frames of a video are indexed, the objects in them are found here.
            </EmptyState>
        );
    return (
        <>
            <header className={styles.header}>
                <h1>Search {project}</h1>
                {video !== null && (
                    <Button size="s" icon={<CloseIcon />} onClick={() => ask({ ...question, video: null })}>
                        only in {videoName}
                    </Button>
                )}
            </header>
            <section className={styles.picture} aria-labelledby="by-picture">
                <ImageIcon size={24} />
                <h2 id="by-picture">By a picture</h2>
                <p>
                    Drop one anywhere on this page, paste it with <Kbd keys="Mod+v" />, or choose a file.
                </p>
                <Button variant="primary" onClick={() => picker.current?.click()}>
                    Choose a picture
                </Button>
                <PictureInput ref={picker} onFiles={onFiles} />
            </section>
            {labels.length > 0 && (
                <section className={styles.names} aria-labelledby="by-label">
                    <h2 id="by-label">By label</h2>
                    <ul>
                        {labels.slice(0, shown).map(({ name, explicit }) => (
                            <li key={name}>
                                <Link to={paths.search(project, viewOf({ ...question, label: name }))}>
                                    <LabelChip name={name} />
                                    <Count of={explicit} />
                                </Link>
                            </li>
                        ))}
                        {labels.length > shown && (
                            <li>
                                <Button onClick={() => setShown(shown + SHOWN_MORE)}>
                                    {labels.length > shown + SHOWN_MORE
                                        ? `${formatCount(SHOWN_MORE)} more of ${formatNumberOf(labels.length, 'label')}`
                                        : `All ${formatNumberOf(labels.length, 'label')}`}
                                </Button>
                            </li>
                        )}
                    </ul>
                </section>
            )}
            <section className={styles.names} aria-labelledby="by-class">
                <h2 id="by-class">By class</h2>
                {classes.data === undefined ? (
                    <div aria-busy="true">
                        <Loading what="classes" />
                        <Skeleton width={320} height={30} />
                    </div>
                ) : (
                    <ul>
                        {classes.data.map(({ name, objects }) => (
                            <li key={name}>
                                <Link to={paths.search(project, viewOf({ ...question, class: name }))}>
                                    {name}
                                    <Count of={objects} />
                                </Link>
                            </li>
                        ))}
                    </ul>
                )}
            </section>
        </>
    );
}

function Count({ of }: { of: number }) {
    return (
        <span className={styles.count}>
            {formatCount(of)}
            <span className="visually-hidden"> objects</span>
        </span>
    );
}
