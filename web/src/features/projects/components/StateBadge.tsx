import { Badge, type BadgeTone } from '@/components/Badge.tsx';
import { STATE_NAMES, type VideoState } from '../model/video-state.ts';

const TONES: Record<VideoState, BadgeTone> = {
    queued: 'neutral',
    running: 'info',
    done: 'success',
    incomplete: 'warning',
    failed: 'danger',
    cancelled: 'neutral',
    deleting: 'neutral',
};

export function StateBadge({ state }: { state: VideoState }) {
    return <Badge tone={TONES[state]}>{STATE_NAMES[state]}</Badge>;
}
