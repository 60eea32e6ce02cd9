import { useEffect, useReducer, type Dispatch } from 'react';
import { columnsReducer, NO_COLUMNS, parseColumns, type Columns, type ColumnsAction } from '../model/columns.ts';

function storageKey(project: string): string {
    return `framehound.columns.${project}`;
}

function stored(project: string): Columns {
    try {
        return parseColumns(sessionStorage.getItem(storageKey(project)));
    } catch {
        return NO_COLUMNS;
    }
}

/** The columns of a project; they survive a reload of the page, and the way to another video. */
export function useColumns(project: string): [Columns, Dispatch<ColumnsAction>] {
    const [columns, dispatch] = useReducer(columnsReducer, project, stored);
    useEffect(() => {
        try {
            if (columns === NO_COLUMNS) sessionStorage.removeItem(storageKey(project));
            else sessionStorage.setItem(storageKey(project), JSON.stringify(columns));
        } catch {
            // No storage, or it is full: the columns hold until the page is closed.
        }
    }, [project, columns]);
    return [columns, dispatch];
}
