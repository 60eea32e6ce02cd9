import { useMutation, useQueryClient } from '@tanstack/react-query';
import { keys } from '@/api/keys.ts';
import { sentenceOf } from '@/api/problem.ts';
import { toast, videoToast } from '@/components/toast.ts';
import { cancelVideo, resumeVideo } from '../api/queries.ts';
import type { Video } from '../model/progress.ts';

export type VideoAction = { video: Video; action: 'cancel' | 'resume' };

/** Cancelling and resuming; which one is under way is in `variables`. */
export function useVideoActions() {
    const queries = useQueryClient();
    return useMutation({
        mutationFn: ({ video, action }: VideoAction) =>
            action === 'cancel' ? cancelVideo(video.id) : resumeVideo(video.id),
        onSuccess: (_, { video, action }) =>
            toast(action === 'cancel' ? `${video.name} is cancelled; what is indexed stays` : `${video.name} goes on`, {
                kind: 'success',
                key: videoToast(video.id),
            }),
        onError: error => toast(sentenceOf(error), { kind: 'error' }),
        onSettled: (_data, _error, { video }) =>
            Promise.all([
                queries.invalidateQueries({ queryKey: keys.videoLists }),
                queries.invalidateQueries({ queryKey: keys.video(video.id) }),
                queries.invalidateQueries({ queryKey: keys.deadLetters }),
            ]),
    });
}
