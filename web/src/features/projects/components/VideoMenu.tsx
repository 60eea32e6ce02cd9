import { useNavigate } from 'react-router';
import { useVideoActions } from '@/api/video-actions.ts';
import { canOpen, isUnfinished } from '@/api/video.ts';
import { IconButton } from '@/components/IconButton.tsx';
import {
    ActivityIcon,
    CopyIcon,
    MoreIcon,
    PencilIcon,
    PlayIcon,
    RefreshIcon,
    StopIcon,
    TrashIcon,
} from '@/components/icons.tsx';
import { Menu } from '@/components/Menu.tsx';
import { toast } from '@/components/toast.ts';
import { paths } from '@/lib/paths.ts';
import { copiedSource } from '../model/source.ts';
import type { Video } from '../model/video-state.ts';

interface Props {
    video: Video;
    onRename: () => void;
    onDelete: () => void;
}

/** Puts the source on the clipboard; the browser does not allow that on plain http. */
async function copySource(source: string) {
    try {
        await navigator.clipboard.writeText(source);
        toast('The source was copied.');
    } catch {
        toast(`The browser does not allow copying here. The source is ${source}`, { kind: 'error' });
    }
}

export function VideoMenu({ video, onRename, onDelete }: Props) {
    const navigate = useNavigate();
    const { mutate } = useVideoActions();
    const source = copiedSource(video.source);
    return (
        <Menu
            label={video.name}
            align="end"
            items={[
                {
                    label: 'Open',
                    icon: <PlayIcon />,
                    disabled: !canOpen(video),
                    onSelect: () => void navigate(paths.video(video.project, video.id)),
                },
                {
                    label: 'Watch ingestion',
                    icon: <ActivityIcon />,
                    onSelect: () => void navigate(paths.activity(video.project, video.id)),
                },
                ...(isUnfinished(video)
                    ? [
                          {
                              label: 'Cancel indexing',
                              icon: <StopIcon />,
                              onSelect: () => mutate({ video, action: 'cancel' }),
                          },
                      ]
                    : []),
                ...(video.resumable
                    ? [
                          {
                              label: 'Resume indexing',
                              icon: <RefreshIcon />,
                              onSelect: () => mutate({ video, action: 'resume' }),
                          },
                      ]
                    : []),
                { label: 'Rename…', icon: <PencilIcon />, onSelect: onRename },
                {
                    label: 'Copy source',
                    icon: <CopyIcon />,
                    disabled: source === undefined,
                    onSelect: () => source !== undefined && void copySource(source),
                },
                'separator',
                { label: 'Delete…', icon: <TrashIcon />, danger: true, onSelect: onDelete },
            ]}
            trigger={attributes => (
                <IconButton {...attributes} size="s" label={`Actions for ${video.name}`} icon={<MoreIcon />} />
            )}
        />
    );
}
