import type { Schema } from '@/api/client.ts';
import { Badge, type BadgeTone } from './Badge.tsx';

type VideoState = Schema<'VideoState'>;

const STATES: Record<VideoState, { tone: BadgeTone; text: string }> = {
    queued: { tone: 'neutral', text: 'Queued' },
    running: { tone: 'info', text: 'Indexing' },
    done: { tone: 'success', text: 'Done' },
    incomplete: { tone: 'warning', text: 'Incomplete' },
    failed: { tone: 'danger', text: 'Failed' },
    cancelled: { tone: 'neutral', text: 'Cancelled' },
    deleting: { tone: 'neutral', text: 'Being deleted' },
};

/** What a video's state is called, the same in every view. */
export function StateBadge({ state }: { state: VideoState }) {
    const { tone, text } = STATES[state];
    return <Badge tone={tone}>{text}</Badge>;
}
