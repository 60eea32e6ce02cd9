import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { projectQuery, projectsQuery } from '@/api/queries.ts';
import { storedOf, type Stored, type Sums } from '../model/progress.ts';

const WORKING_MS = 3000;
const RESTING_MS = 15_000;

/** What there is in all. Of more videos than are looked at (`more`) the server counts. */
export function useStored(project: string | null, more: boolean, sums: Sums): Stored {
    const refetchInterval = sums.unfinished > 0 ? WORKING_MS : RESTING_MS;
    const one = useQuery({ ...projectQuery(project ?? ''), enabled: more && project !== null, refetchInterval }).data;
    const all = useQuery({ ...projectsQuery(), enabled: more && project === null, refetchInterval }).data;
    return useMemo(() => {
        const counted = project === null ? all : one && [one];
        return storedOf(sums, more ? counted : undefined);
    }, [project, more, sums, one, all]);
}
