import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { labelsQuery } from '@/api/queries.ts';
import { Button } from '@/components/Button.tsx';
import { ErrorState } from '@/components/ErrorState.tsx';
import { LabelChip } from '@/components/LabelChip.tsx';
import { LabelTools } from '@/components/LabelTools.tsx';
import { ObjectThumb } from '@/components/ObjectThumb.tsx';
import { Loading, Skeleton } from '@/components/Skeleton.tsx';
import { formatCompact, formatNumberOf } from '@/lib/format.ts';
import { orderedLabels, useLabelOrder } from '@/lib/label-order.ts';
import { matching } from '@/lib/matching.ts';
import { paths } from '@/lib/paths.ts';
import styles from './LabelsPanel.module.css';

const SHOWN_FIRST = 24;
const SHOWN_MORE = 200;
/** With fewer one sees them all. */
const FIND_FROM = 12;

/** The project's labels at a glance. */
export function LabelsPanel({ project }: { project: string }) {
    const { data, error, isFetching, refetch } = useQuery(labelsQuery(project));
    const isNone = data?.labels.length === 0;
    const [typed, setTyped] = useState('');
    const [most, setMost] = useState(SHOWN_FIRST);
    const order = useLabelOrder();
    const labels = data?.labels ?? [];
    const fitting = matching(orderedLabels(labels, order), typed);
    const left = fitting.length - most;
    return (
        <aside
            className={styles.panel}
            aria-labelledby="labels-heading"
            aria-busy={data === undefined && error === null}
        >
            <h2 id="labels-heading" className={styles.heading}>
                Labels {labels.length > 0 && <span className={styles.count}>{labels.length}</span>}
            </h2>
            {isNone ? (
                <p className={styles.none}>
                    None yet. Open a video, click a thing in it and name it: Framehound then finds it wherever it
                    appears.
                </p>
            ) : error !== null && data === undefined ? (
                <ErrorState
                    compact
                    title="The labels could not be loaded"
                    error={error}
                    busy={isFetching}
                    onRetry={() => void refetch()}
                />
            ) : data === undefined ? (
                <div className={styles.skeleton}>
                    <Loading what="labels" />
                    <Skeleton />
                    <Skeleton />
                </div>
            ) : (
                <>
                    {labels.length >= FIND_FROM && <LabelTools count={labels.length} typed={typed} onType={setTyped} />}
                    <ul className={styles.list}>
                        {fitting.length === 0 && <li className={styles.none}>No label is called that.</li>}
                        {fitting.slice(0, most).map(({ name, example, explicit, probable }) => (
                            <li key={name}>
                                <Link to={paths.search(project, { label: name })} className={styles.label}>
                                    <span className={styles.picture}>
                                        {example !== null && <ObjectThumb object={example} alt="" />}
                                    </span>
                                    <LabelChip name={name} />
                                    <span className={styles.numbers}>
                                        <span title={formatNumberOf(explicit, 'object')}>
                                            {formatCompact(explicit)}
                                        </span>
                                        <span className="visually-hidden"> objects</span>
                                        {probable > 0 && (
                                            <span className={styles.probable} title={`and probably ${probable} more`}>
                                                {' '}
                                                + {formatCompact(probable)}
                                                <span className="visually-hidden"> probable</span>
                                            </span>
                                        )}
                                    </span>
                                </Link>
                            </li>
                        ))}
                        {left > 0 && (
                            <li>
                                <Button size="s" variant="quiet" onClick={() => setMost(most + SHOWN_MORE)}>
                                    Show {formatNumberOf(Math.min(left, SHOWN_MORE), 'more', 'more')}
                                </Button>
                            </li>
                        )}
                        <li>
                            <Link to={paths.labelled(project)} className={styles.all}>
                                What was said, and probable mistakes
                            </Link>
                        </li>
                    </ul>
                </>
            )}
        </aside>
    );
}
