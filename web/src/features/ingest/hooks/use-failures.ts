import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { keys } from '@/api/keys.ts';
import { isNotFound } from '@/api/problem.ts';
import { tellError } from '@/api/tell-error.ts';
import { toast } from '@/components/toast.ts';
import { formatNumberOf } from '@/lib/format.ts';
import type { StreamSnapshot } from '../api/activity-stream.ts';
import { deadLettersQuery, retryDeadLetter } from '../api/queries.ts';
import { lettersIn, type DeadLetter } from '../model/failures.ts';
import { useActivityEvery } from './activity-context.ts';

const failuresOf = (snapshot: StreamSnapshot) => snapshot.activity.failures;

/** One after the other: a failure in between keeps what was retried before. */
async function retryInTurn(letters: readonly DeadLetter[]): Promise<number> {
    let retried = 0;
    for (const letter of letters) {
        try {
            await retryDeadLetter(letter.id);
            retried += 1;
        } catch (error) {
            // Somebody else has retried it, or its video is gone.
            if (!isNotFound(error)) throw error;
        }
    }
    return retried;
}

export function useFailures(project: string | null, video: string | null) {
    const queries = useQueryClient();
    const query = useQuery(deadLettersQuery(video));
    const failures = useActivityEvery(1000, failuresOf);
    useEffect(() => {
        if (failures > 0) void queries.invalidateQueries({ queryKey: keys.deadLetters });
    }, [failures, queries]);

    const letters = useMemo(
        () => lettersIn(query.data?.letters ?? [], video === null ? project : null),
        [query.data, project, video],
    );
    const retry = useMutation({
        mutationFn: retryInTurn,
        onSuccess: count =>
            toast(
                count === 0 ? 'There was nothing left to retry' : `${formatNumberOf(count, 'piece')} of work put back`,
                {
                    kind: count === 0 ? 'info' : 'success',
                },
            ),
        onError: error => tellError(error, 'Not all was put back'),
        onSettled: () =>
            Promise.all([
                queries.invalidateQueries({ queryKey: keys.deadLetters }),
                queries.invalidateQueries({ queryKey: keys.videoLists }),
            ]),
    });
    return { query, letters, more: query.data?.more ?? false, retry };
}
