// Hears of what other people change while this page is looked at: which version the labels of a project, and the tracks of
// a video, have come to. Without the stream nothing is wrong, only later: going to the window fetches again too.
import { connection, onConnectionChange } from './connection.ts';
import { delayOf, HIDDEN_GRACE_MS } from './reconnecting.ts';
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

    function close() {
        clearTimeout(retry);
        retry = undefined;
        source?.close();
        source = undefined;
    }

    function open() {
        close();
        const opened = new EventSource(changesUrl(project, video));
        source = opened;
        opened.addEventListener('labels', ({ data }) => {
            attempts = 0;
            listener.labels(versionIn(data));
        });
        opened.addEventListener('corrections', ({ data }) => listener.corrections(versionIn(data)));
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
    document.addEventListener('visibilitychange', onVisibility);
    if (!document.hidden) open();
    return () => {
        stopConnection();
        document.removeEventListener('visibilitychange', onVisibility);
        clearTimeout(hiding);
        close();
    };
}
