import { useState } from 'react';
import { EmptyState } from '@/components/EmptyState.tsx';
import { ErrorState } from '@/components/ErrorState.tsx';
import { TagIcon } from '@/components/icons.tsx';
import { Loading, Skeleton } from '@/components/Skeleton.tsx';
import { useLabelling } from '../hooks/useLabelling.ts';
import { findLabel } from '../model/label-name.ts';
import { LabelDetails } from './LabelDetails.tsx';
import { LabelList } from './LabelList.tsx';
import styles from './panels.module.css';

/** All labels, and one of them with what carries it. */
export function LabelsPanel() {
    const { labels, label, setLabel } = useLabelling();
    const [listed, setListed] = useState(false);
    const { data, error, isFetching, refetch } = labels;
    if (data === undefined) {
        if (error !== null)
            return (
                <ErrorState
                    compact
                    title="The labels could not be loaded"
                    error={error}
                    busy={isFetching}
                    onRetry={() => void refetch()}
                />
            );
        return (
            <div className={styles.lines}>
                <Loading what="labels" />
                <Skeleton height={28} />
                <Skeleton height={28} />
                <Skeleton height={28} />
            </div>
        );
    }
    const chosen = label === null ? undefined : findLabel(data.labels, label);
    if (chosen !== undefined && !listed)
        return <LabelDetails key={chosen.name} label={chosen} onBack={() => setListed(true)} />;
    if (data.labels.length === 0)
        return (
            <EmptyState compact icon={<TagIcon size={20} />} title="No labels yet">
                Click a box, put pictures of it into the Yes column, and give them a name: that is a label.
            </EmptyState>
        );
    return (
        <LabelList
            labels={data.labels}
            chosen={chosen?.name ?? null}
            onChoose={name => {
                setListed(false);
                setLabel(name);
            }}
        />
    );
}
