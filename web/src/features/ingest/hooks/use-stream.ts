import { useEffect, useState } from 'react';
import { openChannel } from '@/api/stream-slots.ts';
import { ActivityStream } from '../api/activity-stream.ts';
import { getActivityState } from '../api/queries.ts';

/** A stream that is open as long as the component is there. */
export function useStream(): ActivityStream {
    const [stream] = useState(
        () =>
            new ActivityStream({
                open: url => new EventSource(url),
                nowMs: () => Date.now(),
                askWhy: getActivityState,
                openChannel,
                nextPicture: run => {
                    const id = requestAnimationFrame(run);
                    return () => cancelAnimationFrame(id);
                },
            }),
    );
    useEffect(() => stream.start(), [stream]);
    return stream;
}
