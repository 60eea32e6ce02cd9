// What the parts of the labelling view share; LabellingProvider.tsx makes it.
import type { UseQueryResult } from '@tanstack/react-query';
import { createContext, use, type Dispatch, type RefObject } from 'react';
import type { Schema } from '@/api/client.ts';
import type { SimilarFilters } from '../api/queries.ts';
import type { Column, Columns, ColumnsAction } from '../model/columns.ts';
import type { Picture } from '../model/picture.ts';
import type { LabelChanges } from './useLabelChanges.ts';

export type Panel = 'similar' | 'labels' | 'candidates';

/** What the address says about the view, and how to change it. */
export interface LabellingView {
    project: string;
    /** The video in the player. */
    video: string;
    selected: string | null;
    label: string | null;
    setLabel: (label: string | null) => void;
    panel: Panel;
    setPanel: (panel: Panel) => void;
    filters: SimilarFilters;
    setFilters: (change: Partial<SimilarFilters>) => void;
    /** Shows a picture at its place in its video, and selects it. */
    open: (picture: Picture) => void;
}

export interface Labelling extends LabellingView {
    columns: Columns;
    dispatch: Dispatch<ColumnsAction>;
    add: (column: Column, pictures: readonly Picture[]) => void;
    /** What the server suggests for the positive column, without what was thrown out. */
    suggested: readonly Picture[];
    suggestions: UseQueryResult<Schema<'HitList'>>;
    labels: UseQueryResult<Schema<'LabelList'>>;
    /** What the columns will be named: as typed, or the label in the address. */
    name: string;
    changes: LabelChanges;
    /** Takes back an answer that was not sent yet; false where there is none, and undo is the server's. */
    takeBackRef: RefObject<(() => boolean) | null>;
}

export const LabellingContext = createContext<Labelling | null>(null);

export function useLabelling(): Labelling {
    const labelling = use(LabellingContext);
    if (labelling === null) throw new Error('useLabelling() outside of LabellingProvider');
    return labelling;
}
