// Cancelling and resuming the ingestion of a video, from whichever view: what it did is said, and shown everywhere.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast, videoToast } from '@/components/toast.ts';
import { call, client, type Schema } from './client.ts';
import { keys } from './keys.ts';
import { tellError } from './tell-error.ts';

interface Change {
    video: Schema<'Video'>;
    action: 'cancel' | 'resume';
}

const DONE = {
    cancel: (name: string) => `Indexing of ${name} was cancelled. What is indexed stays.`,
    resume: (name: string) => `${name} goes on: what is missing is being indexed.`,
};

export function useVideoActions() {
    const queries = useQueryClient();
    return useMutation({
        mutationFn: ({ video, action }: Change) => {
            const at = { params: { path: { v: video.id } } };
            return action === 'cancel'
                ? call(client.POST('/api/v1/videos/{v}/cancel', at))
                : call(client.POST('/api/v1/videos/{v}/resume', at));
        },
        onSuccess: (_, { video, action }) => toast(DONE[action](video.name), { key: videoToast(video.id) }),
        onError: (error, { action }) =>
            tellError(error, action === 'cancel' ? 'It was not cancelled' : 'It was not resumed'),
        // After a failure too: it may have ended in the meantime.
        onSettled: (_data, _error, { video: { id, project } }) =>
            Promise.all(
                [keys.videoLists, keys.video(id), keys.project(project), keys.projects, keys.deadLetters].map(
                    queryKey => queries.invalidateQueries({ queryKey }),
                ),
            ),
    });
}
