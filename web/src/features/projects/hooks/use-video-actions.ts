import { useMutation, useQueryClient } from '@tanstack/react-query';
import { sentenceOf } from '@/api/problem.ts';
import { toast, videoToast } from '@/components/toast.ts';
import { cancelVideo, refreshProject, resumeVideo } from '../api/videos.ts';
import { copiedSource } from '../model/source.ts';
import type { Video } from '../model/video-state.ts';

/** Puts a text on the clipboard; false where the browser does not allow it (it does not on plain http). */
async function copy(text: string): Promise<boolean> {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        return false;
    }
}

/** What can be done with a video besides deleting it; each says how it went. */
export function useVideoActions(video: Video) {
    const queries = useQueryClient();
    const { mutate } = useMutation({
        mutationFn: ({ act }: { act: (id: string) => Promise<unknown>; done: string }) => act(video.id),
        onSuccess: (_, { done }) => {
            toast(done, { key: videoToast(video.id) });
            return refreshProject(queries, video.project);
        },
        onError: error => {
            toast(sentenceOf(error), { kind: 'error' });
            // It may have ended in the meantime.
            return refreshProject(queries, video.project);
        },
    });
    return {
        cancel: () =>
            mutate({ act: cancelVideo, done: `Indexing of ${video.name} was stopped. What is indexed stays.` }),
        resume: () => mutate({ act: resumeVideo, done: `${video.name} goes on: what is missing is being indexed.` }),
        copySource: async () => {
            const source = copiedSource(video.source);
            if (source === undefined) return;
            if (await copy(source)) toast('The source was copied.');
            else toast(`The browser does not allow copying here. The source is ${source}`, { kind: 'error' });
        },
    };
}
