import { useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, useState, type ReactNode } from 'react';
import { labelsQuery, suggestionsQuery } from '../api/queries.ts';
import { useClearing } from '../hooks/useClearing.ts';
import { useColumns } from '../hooks/useColumns.ts';
import { useGoneVideos } from '../hooks/useGoneVideos.ts';
import { useLabelChanges, type OnStepped } from '../hooks/useLabelChanges.ts';
import { LabellingContext, type Labelling, type LabellingView, type Picking } from '../hooks/useLabelling.ts';
import { useTrackChanges } from '../hooks/useTrackChanges.ts';
import { suggestedNow, type Column } from '../model/columns.ts';
import { findLabel } from '../model/label-name.ts';
import type { Picture } from '../model/picture.ts';
import { DragLayer } from './DragLayer.tsx';

interface Props {
    view: LabellingView;
    children: ReactNode;
}

/** What the parts of the labelling view share. Give it the project as its key: columns belong to one. */
export function LabellingProvider({ view, children }: Props) {
    const { project } = view;
    const [columns, dispatch] = useColumns(project);
    useGoneVideos(columns, dispatch);
    const clearing = useClearing(project, view.video, columns, dispatch);
    const labels = useQuery(labelsQuery(project));
    const onStepped = useCallback<OnStepped>(
        (kind, { id }) => dispatch({ type: kind === 'undo' ? 'undone' : 'redone', step: id }),
        [dispatch],
    );
    const changes = useLabelChanges(project, onStepped);
    const trackChanges = useTrackChanges(project, view.video);
    const [picking, setPicking] = useState<Picking | null>(null);
    const takeBackRef = useRef<(() => boolean) | null>(null);

    const name = columns.draft ?? view.label ?? '';
    const known = findLabel(labels.data?.labels ?? [], name)?.name ?? null;
    const suggestions = useQuery(
        suggestionsQuery(project, {
            positive: columns.positive.map(picture => picture.object),
            negative: columns.negative.map(picture => picture.object),
            label: known,
        }),
    );
    const suggested = useMemo(
        () => (columns.positive.length === 0 ? [] : suggestedNow(columns, suggestions.data?.hits ?? [])),
        [columns, suggestions.data],
    );
    const add = useCallback(
        (column: Column, pictures: readonly Picture[]) => dispatch({ type: 'add', column, pictures }),
        [dispatch],
    );

    const labelling: Labelling = {
        ...view,
        ...clearing,
        columns,
        dispatch,
        add,
        suggested,
        suggestions,
        labels,
        name,
        changes,
        trackChanges,
        // In another video there is nothing to pick for it.
        picking: picking?.objects[0].video === view.video ? picking : null,
        setPicking,
        takeBackRef,
    };
    return (
        <LabellingContext value={labelling}>
            <DragLayer>{children}</DragLayer>
        </LabellingContext>
    );
}
