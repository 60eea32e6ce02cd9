import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { labelsQuery } from '@/api/queries.ts';
import { ErrorState } from '@/components/ErrorState.tsx';
import { LabelChip } from '@/components/LabelChip.tsx';
import { ObjectThumb } from '@/components/ObjectThumb.tsx';
import { Loading, Skeleton } from '@/components/Skeleton.tsx';
import { formatCompact, formatNumberOf } from '@/lib/format.ts';
import { paths } from '@/lib/paths.ts';
import styles from './LabelsPanel.module.css';

const SHOWN_MOST = 24;

/** The project's labels at a glance: the ones that are carried most. */
export function LabelsPanel({ project }: { project: string }) {
    const { data, error, isFetching, refetch } = useQuery(labelsQuery(project));
    const isNone = data?.labels.length === 0;
    const labels = (data?.labels ?? []).toSorted((a, b) => b.explicit - a.explicit);
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
                <ul className={styles.list}>
                    {labels.slice(0, SHOWN_MOST).map(({ name, example, explicit, probable }) => (
                        <li key={name}>
                            <Link to={paths.search(project, { label: name })} className={styles.label}>
                                <span className={styles.picture}>
                                    {example !== null && <ObjectThumb object={example} alt="" />}
                                </span>
                                <LabelChip name={name} />
                                <span className={styles.numbers}>
                                    <span title={formatNumberOf(explicit, 'object')}>{formatCompact(explicit)}</span>
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
                    {labels.length > SHOWN_MOST && (
                        <li className={styles.none}>
                            and {formatNumberOf(labels.length - SHOWN_MOST, 'more', 'more')}
                        </li>
                    )}
                    <li>
                        <Link to={paths.labelled(project)} className={styles.all}>
                            What was said, and probable mistakes
                        </Link>
                    </li>
                </ul>
            )}
        </aside>
    );
}
