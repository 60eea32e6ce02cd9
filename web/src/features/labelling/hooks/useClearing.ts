// Emptying the columns, and taking that back: pictures that were picked one by one must not be lost to one click.
import { useQuery } from '@tanstack/react-query';
import { useState, type Dispatch } from 'react';
import { correctionStepsQuery } from '../api/corrections.ts';
import { labelsQuery } from '../api/queries.ts';
import { isEmpty, type Columns, type ColumnsAction } from '../model/columns.ts';

export interface Clearing {
    clear: () => void;
    /** Null where nothing was cleared, or something was done since: then undo is about that. */
    unclear: (() => void) | null;
}

interface Cleared {
    columns: Columns;
    /** What labels and tracks were at then. */
    versions: string;
}

export function useClearing(
    project: string,
    video: string,
    columns: Columns,
    dispatch: Dispatch<ColumnsAction>,
): Clearing {
    const labels = useQuery(labelsQuery(project)).data?.version;
    const tracks = useQuery(correctionStepsQuery(video)).data?.version;
    const versions = `${video} ${labels} ${tracks}`;
    const [cleared, setCleared] = useState<Cleared | null>(null);
    const counts = cleared !== null && cleared.versions === versions && isEmpty(columns);
    return {
        clear: () => {
            setCleared({ columns, versions });
            dispatch({ type: 'clear' });
        },
        unclear: counts
            ? () => {
                  setCleared(null);
                  dispatch({ type: 'restore', columns: cleared.columns });
              }
            : null,
    };
}
