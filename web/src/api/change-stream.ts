// Hears of what other people change while this page is looked at: which version the labels of a project, and the tracks of
// a video, have come to. Without the stream nothing is wrong, only later: going to the window fetches again too. The first
// events of a stream say how things are, so a window that may not hold one looks in by opening one for a moment.
import { connection, onConnectionChange } from './connection.ts';
import { delayOf, HIDDEN_GRACE_MS } from './reconnecting.ts';
import { GLANCE_MS, openChannel, StreamSlot } from './stream-slots.ts';
import { changesUrl } from './urls.ts';

/** Told of versions, also of those that it has heard of before. */
export interface ChangeListener {
    labels: (version: number) => void;
    corrections: (version: number) => void;
}

const versionIn = (data: unknown) => (JSON.parse(data as string) as { version: number }).version;

/** Listens until the function that is returned is called. */
export function listenToChanges(project: string, video: string | null, listener: ChangeListener): () => void {
    let source: EventSource | undefined;
    let attempts = 0;
    let retry: ReturnType<typeof setTimeout> | undefined;
    let hiding: ReturnType<typeof setTimeout> | undefined;
    let mayStay = true;
    let untold = new Set<string>();
    const slot = new StreamSlot({
        channel: openChannel(),
        onRefused: () => {
            mayStay = false;
            restWhenTold();
        },
    });

    function close() {
        clearTimeout(retry);
        retry = undefined;
        source?.close();
        source = undefined;
        slot.release();
    }

    function restWhenTold() {
        if (mayStay || untold.size > 0) return;
        close();
        retry = setTimeout(open, GLANCE_MS);
    }

    function open() {
        close();
        mayStay = true;
        untold = new Set(video === null ? ['labels'] : ['labels', 'corrections']);
        const opened = new EventSource(changesUrl(project, video));
        source = opened;
        slot.ask();
        function hear(kind: keyof ChangeListener) {
            opened.addEventListener(kind, ({ data }) => {
                attempts = 0;
                listener[kind](versionIn(data));
                untold.delete(kind);
                restWhenTold();
            });
        }
        hear('labels');
        hear('corrections');
        // The browser's own attempts end with the first that is refused, and know no pause.
        opened.onerror = () => {
            if (opened !== source) return;
            close();
            retry = setTimeout(open, delayOf(attempts));
            attempts += 1;
        };
    }

    const stopConnection = onConnectionChange(() => {
        if (connection() === 'connected' && retry !== undefined) open();
    });
    function onVisibility() {
        clearTimeout(hiding);
        if (document.hidden) hiding = setTimeout(close, HIDDEN_GRACE_MS);
        else if (source === undefined) open();
    }
    // A window that one goes to holds a stream again.
    function onFocus() {
        if (!mayStay && source === undefined && !document.hidden) open();
    }
    document.addEventListener('visibilitychange', onVisibility);
    window.addEventListener('focus', onFocus);
    if (!document.hidden) open();
    return () => {
        stopConnection();
        document.removeEventListener('visibilitychange', onVisibility);
        window.removeEventListener('focus', onFocus);
        clearTimeout(hiding);
        close();
        slot.end();
    };
}
