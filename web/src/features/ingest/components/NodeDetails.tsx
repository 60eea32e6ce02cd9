import { useCallback, useMemo } from 'react';
import { Button } from '@/components/Button.tsx';
import { CloseIcon, FilterIcon } from '@/components/icons.tsx';
import { IconButton } from '@/components/IconButton.tsx';
import { formatBytes, formatCount, formatDuration, formatRate } from '@/lib/format.ts';
import { useScrollFocus } from '@/lib/scroll-focus.ts';
import type { StreamSnapshot } from '../api/activity-stream.ts';
import { useActivityEvery } from '../hooks/activity-context.ts';
import { PARTS, shortNameOf, totalsOf, workersByPart, type Part, type Worker } from '../model/activity.ts';
import { partId } from './flow-elements.ts';
import { PART_NAMES } from './names.ts';
import { StageBar } from './StageBar.tsx';
import styles from './NodeDetails.module.css';

interface Props {
    node: string;
    nameOf: (video: string) => string;
    onShowLog: (worker: string) => void;
    onClose: () => void;
}

const activityOf = (snapshot: StreamSnapshot) => snapshot.activity;

function stateText(worker: Worker, nowUs: number): string {
    switch (worker.state) {
        case 'busy':
            return 'Working';
        case 'idle':
            return 'Waiting for work';
        case 'stopped':
            return 'Ended';
        case 'lost':
            return `Not heard of for ${formatDuration(Math.max(0, nowUs - worker.seen_us))}`;
    }
}

function WorkerFacts({ worker, nowUs, nameOf }: { worker: Worker; nowUs: number; nameOf: (video: string) => string }) {
    const facts: [string, string | undefined][] = [
        ['State', stateText(worker, nowUs)],
        ['Video', worker.video === undefined ? undefined : nameOf(worker.video)],
        ['Segment', worker.segment === undefined ? undefined : formatCount(worker.segment)],
        ['Rate', worker.part === 'splitter' ? undefined : formatRate(worker.rate)],
        ['Segments', worker.segments > 0 ? formatCount(worker.segments) : undefined],
        ['Frames', worker.emitted + worker.indexed > 0 ? formatCount(worker.emitted + worker.indexed) : undefined],
        ['Objects', worker.objects > 0 ? formatCount(worker.objects) : undefined],
        ['Failed', worker.failed > 0 ? formatCount(worker.failed) : undefined],
        [
            'Running for',
            worker.state === 'stopped' ? undefined : formatDuration(Math.max(0, nowUs - worker.started_us)),
        ],
        ['Machine', worker.host],
        ['Process', worker.pid === undefined ? undefined : String(worker.pid)],
        ['Memory', worker.rss_bytes === undefined ? undefined : formatBytes(worker.rss_bytes)],
    ];
    return <Facts facts={facts} />;
}

function Facts({ facts }: { facts: [string, string | undefined][] }) {
    return (
        <dl className={styles.facts}>
            {facts.map(
                ([name, value]) =>
                    value !== undefined && (
                        <div key={name}>
                            <dt>{name}</dt>
                            <dd>{value}</dd>
                        </div>
                    ),
            )}
        </dl>
    );
}

function stagesOf(workers: readonly Worker[]): Record<string, number> {
    const stages: Record<string, number> = {};
    for (const worker of workers)
        for (const [stage, us] of Object.entries(worker.stage_us)) stages[stage] = (stages[stage] ?? 0) + us;
    return stages;
}

/** What the chosen node is doing: a worker, or a part as a whole. */
export function NodeDetails({ node, nameOf, onShowLog, onClose }: Props) {
    const activity = useActivityEvery(500, activityOf);
    const part = PARTS.find(one => partId(one) === node);
    const of = useCallback((one: Part) => workersByPart(activity.workers)[one], [activity.workers]);
    const worker = activity.workers.get(node);
    const workers = useMemo(
        () => (part !== undefined ? of(part) : worker === undefined ? [] : [worker]),
        [part, of, worker],
    );
    const totals = totalsOf(workers);
    const body = useScrollFocus<HTMLDivElement>();
    const title = part !== undefined ? PART_NAMES[part].many : worker === undefined ? 'Worker' : shortNameOf(worker);
    return (
        <aside className={styles.panel} aria-label={`About ${title}`}>
            <header className={styles.head}>
                <h2>{title}</h2>
                <IconButton size="s" label="Close" icon={<CloseIcon />} onClick={onClose} />
            </header>
            <div ref={body} className={styles.body}>
                {part !== undefined && (
                    <>
                        <p className={styles.about}>{PART_NAMES[part].does}</p>
                        <Facts
                            facts={[
                                ['Workers', formatCount(totals.workers)],
                                ['Working', formatCount(totals.busy)],
                                ['Lost', totals.lost > 0 ? formatCount(totals.lost) : undefined],
                                ['Rate', part === 'splitter' ? undefined : formatRate(totals.rate)],
                                ['Segments', totals.segments > 0 ? formatCount(totals.segments) : undefined],
                                ['Frames', totals.frames > 0 ? formatCount(totals.frames) : undefined],
                                ['Objects', totals.objects > 0 ? formatCount(totals.objects) : undefined],
                                ['Failed', totals.failed > 0 ? formatCount(totals.failed) : undefined],
                            ]}
                        />
                    </>
                )}
                {worker !== undefined && <WorkerFacts worker={worker} nowUs={activity.nowUs} nameOf={nameOf} />}
                {part === undefined && worker === undefined && (
                    <p className={styles.about}>This worker has ended, or belongs to another server.</p>
                )}
                <StageBar stages={stagesOf(workers)} />
                {worker !== undefined && (
                    <>
                        <p className={styles.id}>{worker.id}</p>
                        <Button size="s" icon={<FilterIcon />} onClick={() => onShowLog(worker.id)}>
                            Show its log
                        </Button>
                    </>
                )}
            </div>
        </aside>
    );
}
