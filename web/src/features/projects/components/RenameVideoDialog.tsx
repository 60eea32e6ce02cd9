import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { keys } from '@/api/keys.ts';
import { useSentence } from '@/api/use-sentence.ts';
import { Button } from '@/components/Button.tsx';
import { Dialog } from '@/components/Dialog.tsx';
import { TextField } from '@/components/TextField.tsx';
import { renameVideo } from '../api/videos.ts';
import type { Video } from '../model/video-state.ts';

const NAME_MOST = 255;

/** What a video is shown as; its source and all that was found in it stay. */
export function RenameVideoDialog({ video, onClose }: { video: Video; onClose: () => void }) {
    const queries = useQueryClient();
    const form = useId();
    const [typed, setTyped] = useState(video.name);
    const name = typed.trim();
    const isNew = name !== '' && name !== video.name;
    const rename = useMutation({
        mutationFn: () => renameVideo(video.id, name),
        onSuccess: async () => {
            // It stands in lists of every kind, and over the player.
            await Promise.all(
                [keys.videoLists, keys.video(video.id)].map(queryKey => queries.invalidateQueries({ queryKey })),
            );
            onClose();
        },
    });
    const failed = useSentence(rename.error);
    return (
        <Dialog
            title={`Rename ${video.name}`}
            size="s"
            keepOpen
            onClose={onClose}
            actions={
                <>
                    <Button onClick={onClose}>Cancel</Button>
                    <Button type="submit" form={form} variant="primary" busy={rename.isPending} disabled={!isNew}>
                        Rename
                    </Button>
                </>
            }
        >
            <form
                id={form}
                onSubmit={event => {
                    event.preventDefault();
                    if (isNew && !rename.isPending) rename.mutate();
                }}
            >
                <TextField
                    label="New name"
                    maxLength={NAME_MOST}
                    value={typed}
                    onChange={next => {
                        setTyped(next);
                        rename.reset();
                    }}
                    error={failed}
                    onFocus={event => event.target.select()}
                />
            </form>
        </Dialog>
    );
}
