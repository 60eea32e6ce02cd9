// The columns outlive the view, and may have pictures of a video that is deleted meanwhile: nothing can be named, nor
// suggested, as long as they are there.
import { useQueries } from '@tanstack/react-query';
import { useEffect, useEffectEvent, type Dispatch } from 'react';
import { isNotFound } from '@/api/problem.ts';
import { videoQuery } from '@/api/queries.ts';
import { toast } from '@/components/toast.ts';
import { formatNumberOf } from '@/lib/format.ts';
import type { Columns, ColumnsAction } from '../model/columns.ts';

/** Takes the pictures of videos that are gone out of the columns, and says so. */
export function useGoneVideos(columns: Columns, dispatch: Dispatch<ColumnsAction>) {
    const pictures = [...columns.positive, ...columns.negative];
    const videos = [...new Set(pictures.map(({ video }) => video))];
    const states = useQueries({ queries: videos.map(videoQuery) });
    const gone = videos.filter((_, at) => isNotFound(states[at]?.error) || states[at]?.data?.state === 'deleting');
    const takeOut = useEffectEvent(() => {
        const lost = pictures.filter(({ video }) => gone.includes(video));
        dispatch({ type: 'take-out', pictures: lost });
        toast(`${formatNumberOf(lost.length, 'picture')} of a video that was deleted left the columns.`);
    });
    const which = gone.join(' ');
    useEffect(() => {
        if (which !== '') takeOut();
    }, [which]);
}
