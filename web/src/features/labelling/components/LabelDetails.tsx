import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { useNavigate } from 'react-router';
import type { Schema } from '@/api/client.ts';
import { Button } from '@/components/Button.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { ErrorState } from '@/components/ErrorState.tsx';
import { IconButton } from '@/components/IconButton.tsx';
import {
    ChevronLeftIcon,
    DownloadIcon,
    HelpIcon,
    MergeIcon,
    MoreIcon,
    PencilIcon,
    TagIcon,
    TrashIcon,
    WarningIcon,
} from '@/components/icons.tsx';
import { LabelChip } from '@/components/LabelChip.tsx';
import { Menu } from '@/components/Menu.tsx';
import { Loading } from '@/components/Skeleton.tsx';
import { formatCompact, formatNumberOf } from '@/lib/format.ts';
import { paths } from '@/lib/paths.ts';
import { labelObjectsQuery, type ObjectsKind } from '../api/queries.ts';
import { useLabelling } from '../hooks/useLabelling.ts';
import { usePictureActions } from '../hooks/usePictureActions.tsx';
import { GridSkeleton } from './GridSkeleton.tsx';
import { MergeDialog, RemoveDialog, RenameDialog } from './LabelDialogs.tsx';
import { NextFailed } from './NextFailed.tsx';
import { PictureGrid } from './PictureGrid.tsx';
import { SegmentedControl } from '@/components/SegmentedControl.tsx';
import { useTagOf } from './SimilarPanel.tsx';
import styles from './LabelDetails.module.css';

type Label = Schema<'LabelSummary'>;

const NOTHING: Record<ObjectsKind, string> = {
    explicit: 'Nothing was named this.',
    probable: 'Nothing is probably this. Name a few more pictures, or answer “Is this it?”.',
    negative: 'Nothing was said not to be this.',
};

/** One label: what carries it, what probably does, and what can be done with it. */
export function LabelDetails({ label, onBack }: { label: Label; onBack: () => void }) {
    const navigate = useNavigate();
    const { project, setPanel, exportLabel } = useLabelling();
    const [kind, setKind] = useState<ObjectsKind>('explicit');
    const [dialog, setDialog] = useState<'rename' | 'merge' | 'remove' | null>(null);
    const close = () => setDialog(null);
    return (
        <div className={styles.panel}>
            <header className={styles.header}>
                <Button size="s" variant="quiet" icon={<ChevronLeftIcon />} onClick={onBack}>
                    All labels
                </Button>
                <LabelChip name={label.name} />
                <span className={styles.space} />
                <Button size="s" icon={<HelpIcon />} onClick={() => setPanel('candidates')}>
                    Is this it?
                </Button>
                <Menu
                    label={`Label ${label.name}`}
                    align="end"
                    items={[
                        { label: 'Rename…', icon: <PencilIcon />, onSelect: () => setDialog('rename') },
                        { label: 'Merge into another…', icon: <MergeIcon />, onSelect: () => setDialog('merge') },
                        'separator',
                        {
                            label: 'What was said of it',
                            icon: <TagIcon />,
                            onSelect: () => void navigate(paths.labelled(project, { label: label.name })),
                        },
                        {
                            label: 'Probable mistakes',
                            icon: <WarningIcon />,
                            onSelect: () =>
                                void navigate(paths.labelled(project, { view: 'mistakes', label: label.name })),
                        },
                        { label: 'Export…', icon: <DownloadIcon />, onSelect: () => exportLabel(label.name) },
                        'separator',
                        { label: 'Remove…', icon: <TrashIcon />, danger: true, onSelect: () => setDialog('remove') },
                    ]}
                    trigger={attributes => (
                        <IconButton
                            {...attributes}
                            size="s"
                            label={`Change the label ${label.name}`}
                            icon={<MoreIcon />}
                        />
                    )}
                />
            </header>
            <div className={styles.kinds}>
                <SegmentedControl
                    label="Which objects"
                    options={[
                        { value: 'explicit', label: 'Named', note: formatCompact(label.positives) },
                        { value: 'probable', label: 'Probable', note: formatCompact(label.probable) },
                        { value: 'negative', label: 'Not this', note: formatCompact(label.negatives) },
                    ]}
                    value={kind}
                    onChange={setKind}
                />
            </div>
            {kind === 'explicit' && label.explicit > label.positives && (
                <p className={styles.reach}>
                    Followed from frame to frame, these are {formatNumberOf(label.explicit, 'object')} that carry the
                    label.
                </p>
            )}
            <LabelObjects key={kind} label={label.name} kind={kind} />
            {dialog === 'rename' && <RenameDialog label={label.name} onClose={close} />}
            {dialog === 'merge' && <MergeDialog label={label} onClose={close} />}
            {dialog === 'remove' && <RemoveDialog label={label} onClose={close} />}
        </div>
    );
}

function LabelObjects({ label, kind }: { label: string; kind: ObjectsKind }) {
    const { project, open } = useLabelling();
    const { yes, no, give } = usePictureActions();
    const tagOf = useTagOf();
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
    } = useInfiniteQuery(labelObjectsQuery(project, label, kind, null));
    const sections = useMemo(
        () => [{ key: kind, pictures: data?.pages.flatMap(page => page.list.hits) ?? [] }],
        [data, kind],
    );
    const onEnd = useCallback(() => {
        if (hasNextPage && !isFetching && !isFetchNextPageError) void fetchNextPage();
    }, [hasNextPage, isFetching, isFetchNextPageError, fetchNextPage]);
    if (isPending)
        return (
            <>
                <Loading what="the label's objects" />
                <GridSkeleton />
            </>
        );
    // What is on the screen stays there while the server is away.
    if (error !== null && data === undefined)
        return (
            <ErrorState
                compact
                title="The objects could not be loaded"
                error={error}
                busy={isFetching}
                onRetry={() => void refetch()}
            />
        );
    if (sections[0]?.pictures.length === 0) return <EmptyState compact title={NOTHING[kind]} />;
    return (
        <>
            <PictureGrid
                id={`label ${kind}`}
                label={`Objects of ${label}`}
                sections={sections}
                actionsOf={() => [yes, no, ...(give === null ? [] : [give])]}
                scoreBy={() => (kind === 'probable' ? 'confidence' : null)}
                tagOf={tagOf}
                onOpen={open}
                onEnd={onEnd}
                loadingMore={isFetchingNextPage}
            />
            {isFetchNextPageError && <NextFailed onRetry={() => void fetchNextPage()} />}
        </>
    );
}
