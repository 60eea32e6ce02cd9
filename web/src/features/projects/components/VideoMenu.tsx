import { useNavigate } from 'react-router';
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
import { paths } from '@/lib/paths.ts';
import { useVideoActions } from '../hooks/use-video-actions.ts';
import { copiedSource } from '../model/source.ts';
import { canCancel, canOpen, canResume, type Video } from '../model/video-state.ts';

interface Props {
    video: Video;
    onRename: () => void;
    onDelete: () => void;
}

export function VideoMenu({ video, onRename, onDelete }: Props) {
    const navigate = useNavigate();
    const { cancel, resume, copySource } = useVideoActions(video);
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
                ...(canCancel(video) ? [{ label: 'Cancel indexing', icon: <StopIcon />, onSelect: cancel }] : []),
                ...(canResume(video) ? [{ label: 'Resume indexing', icon: <RefreshIcon />, onSelect: resume }] : []),
                { label: 'Rename…', icon: <PencilIcon />, onSelect: onRename },
                {
                    label: 'Copy source',
                    icon: <CopyIcon />,
                    disabled: copiedSource(video.source) === undefined,
                    onSelect: () => void copySource(),
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
