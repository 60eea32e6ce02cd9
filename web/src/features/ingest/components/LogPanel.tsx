import { memo, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { Button } from '@/components/Button.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { CopyIcon } from '@/components/icons.tsx';
import { SelectField } from '@/components/SelectField.tsx';
import { toast } from '@/components/toast.ts';
import { classNames } from '@/lib/class-names.ts';
import { formatCount, formatNumberOf } from '@/lib/format.ts';
import type { StreamSnapshot } from '../api/activity-stream.ts';
import { useActivityEvery } from '../hooks/activity-context.ts';
import { shortNameOf, type Worker } from '../model/activity.ts';
import { filterLog, LEVEL_FILTERS, logAsText, type LevelFilter, type Line } from '../model/log.ts';
import type { LogUrl } from '../hooks/use-log-url.ts';
import styles from './LogPanel.module.css';

interface Props {
    /** Of the videos in view; null when all are. */
    scope: ReadonlySet<string> | null;
    names: ReadonlyMap<string, string>;
    url: LogUrl;
}

const SHOWN_MOST = 400;
/** While it follows: more than fits any panel, and few enough to be drawn anew several times a second. */
const FOLLOWED_MOST = 50;
const AT_END_PX = 24;
const activityOf = (snapshot: StreamSnapshot) => snapshot.activity;

const LEVELS: Record<LevelFilter, string> = {
    info: 'Info and worse',
    detail: 'Each frame as well',
    warning: 'Warnings and errors',
    error: 'Errors only',
};

const times = new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
});

const Row = memo(function Row({ line, video }: { line: Line; video: string | undefined }) {
    return (
        <li className={classNames(styles.line, styles[line.level])}>
            <time className={styles.time}>{times.format(line.atUs / 1000)}</time>
            <span className={styles.level}>{line.level === 'detail' ? 'frame' : line.level}</span>
            <span className={styles.text}>{line.text}</span>
            <span className={styles.from} title={[video, line.worker].filter(Boolean).join('\n')}>
                {[video, line.worker === undefined ? undefined : nameOfWorker(line.worker)].filter(Boolean).join(' · ')}
            </span>
        </li>
    );
});

function nameOfWorker(id: string): string {
    return shortNameOf({ id, part: id.split('-')[0] ?? '' });
}

async function copy(lines: readonly Line[], names: ReadonlyMap<string, string>) {
    try {
        await navigator.clipboard.writeText(logAsText(lines, video => names.get(video) ?? video));
        toast(`${formatNumberOf(lines.length, 'line')} copied`, { kind: 'success' });
    } catch {
        toast('The browser does not allow copying here. Select the lines and copy them by hand.', { kind: 'error' });
    }
}

function workerOptions(workers: Iterable<Worker>, chosen: string | null) {
    const ids = new Set([...workers].map(worker => worker.id));
    if (chosen !== null) ids.add(chosen);
    const sorted = [...ids].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    return [{ value: '', label: 'All workers' }, ...sorted.map(id => ({ value: id, label: id }))];
}

/** What happened. It follows the end, unless one scrolls up to read. */
export function LogPanel({ scope, names, url }: Props) {
    const activity = useActivityEvery(250, activityOf);
    const { level, video, worker } = url;
    const lines = useMemo(
        () => filterLog(activity.log, { level, videos: video === null ? scope : new Set([video]), worker }),
        [activity.log, level, video, worker, scope],
    );
    // While one reads: the lines as they were when one began to.
    const [held, setHeld] = useState<readonly Line[] | null>(null);
    const list = useRef<HTMLOListElement>(null);
    const all = held ?? lines;
    const shown = all.slice(held === null ? -FOLLOWED_MOST : -SHOWN_MOST);
    const heightBefore = useRef(0);
    const newer = held === null ? 0 : lines.filter(line => line.key > (held.at(-1)?.key ?? -1)).length;

    useLayoutEffect(() => {
        if (held === null && list.current !== null) list.current.scrollTop = list.current.scrollHeight;
    }, [lines, held]);

    // Older lines appear above what one reads: it must not move.
    const holding = held !== null;
    useLayoutEffect(() => {
        const element = list.current;
        if (holding && element !== null) element.scrollTop += element.scrollHeight - heightBefore.current;
    }, [holding]);

    function onScroll(element: HTMLOListElement) {
        const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < AT_END_PX;
        if (atEnd && newer === 0) setHeld(null);
        else if (!atEnd && held === null) {
            heightBefore.current = element.scrollHeight;
            setHeld(lines);
        }
    }

    function choose(change: () => void) {
        setHeld(null);
        change();
    }

    const videoOptions = [
        { value: '', label: 'All videos' },
        ...[...names]
            .filter(([id]) => scope === null || scope.has(id))
            .map(([id, name]) => ({ value: id, label: name })),
    ];
    return (
        <div className={styles.panel}>
            <div className={styles.filters}>
                <SelectField
                    label="Level"
                    hideLabel
                    value={level}
                    onChange={value => choose(() => url.setLevel(value))}
                    options={LEVEL_FILTERS.map(value => ({ value, label: LEVELS[value] }))}
                />
                <SelectField
                    label="Video"
                    hideLabel
                    value={video ?? ''}
                    onChange={value => choose(() => url.setVideo(value))}
                    options={videoOptions}
                />
                <SelectField
                    label="Worker"
                    hideLabel
                    value={worker ?? ''}
                    onChange={value => choose(() => url.setWorker(value))}
                    options={workerOptions(activity.workers.values(), worker)}
                />
                <Button
                    size="s"
                    variant="quiet"
                    icon={<CopyIcon />}
                    disabled={all.length === 0}
                    onClick={() => void copy(all, names)}
                >
                    Copy
                </Button>
            </div>
            {shown.length === 0 ? (
                <EmptyState compact title="No lines">
                    {activity.log.lines.length === 0
                        ? 'What the workers report appears here.'
                        : 'Nothing in the log fits these filters.'}
                </EmptyState>
            ) : (
                <div className={styles.frame}>
                    <ol
                        ref={list}
                        className={styles.lines}
                        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, and has to with the keyboard
                        tabIndex={0}
                        aria-label="Log"
                        onScroll={event => onScroll(event.currentTarget)}
                    >
                        {held !== null && all.length > shown.length && (
                            <li className={styles.more}>
                                The last {formatCount(shown.length)} of {formatCount(all.length)} lines; “Copy” takes
                                all of them.
                            </li>
                        )}
                        {shown.map(line => (
                            <Row
                                key={line.key}
                                line={line}
                                video={line.video === undefined ? undefined : (names.get(line.video) ?? line.video)}
                            />
                        ))}
                    </ol>
                    {held !== null && (
                        <div className={styles.held}>
                            <Button size="s" variant="primary" onClick={() => setHeld(null)}>
                                {newer > 0
                                    ? `${formatNumberOf(newer, 'newer line')}: follow again`
                                    : 'Paused: follow again'}
                            </Button>
                        </div>
                    )}
                </div>
            )}
        </div>
    );
}
