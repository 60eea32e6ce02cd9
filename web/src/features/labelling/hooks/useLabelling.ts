// What the parts of the labelling view share; LabellingProvider.tsx makes it.
import type { UseQueryResult } from '@tanstack/react-query';
import { createContext, use, type Dispatch, type RefObject } from 'react';
import type { Schema } from '@/api/client.ts';
import type { SimilarFilters } from '../api/queries.ts';
import type { Column, Columns, ColumnsAction } from '../model/columns.ts';
import type { Picture } from '../model/picture.ts';
import type { Clearing } from './useClearing.ts';
import type { LabelChanges } from './useLabelChanges.ts';
import type { Rest, TrackChanges } from './useTrackChanges.ts';

export type Panel = 'similar' | 'labels' | 'candidates';

/** What the address says about the view, and how to change it. */
export interface LabellingView {
    project: string;
    /** The video in the player. */
    video: string;
    selected: string | null;
    unselect: () => void;
    label: string | null;
    setLabel: (label: string | null) => void;
    panel: Panel;
    setPanel: (panel: Panel) => void;
    filters: SimilarFilters;
    setFilters: (change: Partial<SimilarFilters>) => void;
    /** Shows a picture at its place in its video, and selects it. */
    open: (picture: Picture) => void;
    /** Whether the objects of the video were followed. */
    tracked: boolean;
    /** Where the player stands. */
    us: number;
    stage: Stage;
    /** Asks in which format a label is to be exported. */
    exportLabel: (label: string) => void;
}

/** The picture in the player. All of it does nothing while there is none. */
export interface Stage {
    /** Of the frame that is shown. */
    currentUs: () => number;
    /** What is under a point of the window. */
    boxAt: (clientX: number, clientY: number) => Picture | null;
    /** Marks what something is dragged over; null: nothing. */
    point: (object: string | null) => void;
}

export interface Labelling extends LabellingView, Clearing {
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
    trackChanges: TrackChanges;
    picking: Picking | null;
    setPicking: (picking: Picking | null) => void;
    /** Takes back an answer that was not sent yet; false where there is none, and undo is the server's. */
    takeBackRef: RefObject<(() => boolean) | null>;
}

/** Something for which another object is picked. */
export type Picking =
    /** Its track is merged with the other's. */
    | { kind: 'merge'; objects: readonly [Picture] }
    /** They go to the other's track. */
    | { kind: 'give'; objects: readonly [Picture, ...Picture[]] }
    /** What is left of its track from a time on goes there. */
    | { kind: 'rest'; objects: readonly [Picture]; rest: Rest };

export const LabellingContext = createContext<Labelling | null>(null);

export function useLabelling(): Labelling {
    const labelling = use(LabellingContext);
    if (labelling === null) throw new Error('useLabelling() outside of LabellingProvider');
    return labelling;
}
