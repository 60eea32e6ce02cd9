import { sentenceOf } from '@/api/problem.ts';
import { Button } from '@/components/Button.tsx';
import { classNames } from '@/lib/class-names.ts';
import type { StreamSnapshot, StreamState } from '../api/activity-stream.ts';
import { useActivity, useActivityStream } from '../hooks/activity-context.ts';
import styles from './IngestView.module.css';

const stateOf = (snapshot: StreamSnapshot) => snapshot.state;
const errorOf = (snapshot: StreamSnapshot) => snapshot.error;

const TEXTS: Record<StreamState, string> = {
    connecting: 'Connecting…',
    live: 'Live',
    glancing: 'Every few seconds',
    reconnecting: 'Reconnecting…',
    refused: 'No live view',
};

// Both show what is so.
const CLASSES: Partial<Record<StreamState, string>> = { live: 'streaming', glancing: 'streaming' };
const GLANCING =
    'Other windows of Framehound are open, and a browser allows few connections to a server: this one looks every few seconds until you go to it.';

function explanationOf(state: StreamState, error: unknown): string | undefined {
    if (error !== undefined) return sentenceOf(error);
    return state === 'glancing' ? GLANCING : undefined;
}

/** Whether what is shown is what is happening. */
export function StreamChip() {
    const stream = useActivityStream();
    const state = useActivity(stateOf);
    const explanation = explanationOf(state, useActivity(errorOf));
    return (
        <span className={styles.chip}>
            <span
                role="status"
                className={classNames(styles.live, styles[CLASSES[state] ?? state])}
                title={explanation}
            >
                <span className={styles.liveDot} aria-hidden="true" />
                <span>{TEXTS[state]}</span>
                {explanation !== undefined && <span className="visually-hidden">: {explanation}</span>}
            </span>
            {(state === 'reconnecting' || state === 'refused') && (
                <Button size="s" variant="quiet" onClick={stream.reconnect}>
                    Try now
                </Button>
            )}
        </span>
    );
}
