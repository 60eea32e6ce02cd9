import { createContext, use, useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import type { ActivityStream, StreamSnapshot } from '../api/activity-stream.ts';

export const ActivityContext = createContext<ActivityStream | null>(null);

export function useActivityStream(): ActivityStream {
    const stream = use(ActivityContext);
    if (stream === null) throw new Error('there is no stream of activity around this component');
    return stream;
}

/** A part of what the stream has come to. The component is drawn again only when that part is another one. */
export function useActivity<Part>(select: (snapshot: StreamSnapshot) => Part): Part {
    const stream = useActivityStream();
    return useSyncExternalStore(
        stream.subscribe,
        useCallback(() => select(stream.getSnapshot()), [select, stream]),
    );
}

/** The same, but looked at only every `ms`: for figures that change faster than anybody reads. */
export function useActivityEvery<Part>(ms: number, select: (snapshot: StreamSnapshot) => Part): Part {
    const stream = useActivityStream();
    const [shown, setShown] = useState(() => select(stream.getSnapshot()));
    useEffect(() => {
        let timer: ReturnType<typeof setTimeout> | undefined;
        const show = () => {
            timer = undefined;
            setShown(() => select(stream.getSnapshot()));
        };
        timer = setTimeout(show, 0);
        const stop = stream.subscribe(() => {
            timer ??= setTimeout(show, ms);
        });
        return () => {
            stop();
            clearTimeout(timer);
        };
    }, [stream, select, ms]);
    return shown;
}
