import type { Node, NodeProps } from '@xyflow/react';
import { useCallback } from 'react';
import { formatCompact } from '@/lib/format.ts';
import { classNames } from '@/lib/class-names.ts';
import type { StreamSnapshot } from '../api/activity-stream.ts';
import { useActivity } from '../hooks/activity-context.ts';
import { shortNameOf, type Part, type Worker } from '../model/activity.ts';
import type { Density } from '../model/layout.ts';
import { flashRef } from './flash.ts';
import styles from './Flow.module.css';

export type WorkerNodeType = Node<{ worker: string; part: Part; density: Density }, 'worker'>;

const STATES: Record<Worker['state'], string> = {
    busy: 'working',
    idle: 'waiting for work',
    stopped: 'ended',
    lost: 'not heard of',
};

function doing(worker: Worker): string {
    if (worker.state !== 'busy') return STATES[worker.state];
    return worker.segment === undefined ? 'working' : `segment ${worker.segment}`;
}

function numberOf(value: number, what: string): string {
    return `${formatCompact(value)} ${what}${value === 1 ? '' : 's'}`;
}

/** What the worker has brought forth: segments, or frames; a tracker is known by its videos, which the log says. */
function count(worker: Worker): string {
    switch (worker.part) {
        case 'splitter':
            return numberOf(worker.segments, 'segment');
        case 'tracker':
            return 'whole videos';
        default:
            return numberOf(worker.emitted + worker.indexed, 'frame');
    }
}

export function WorkerNode({ data, selected }: NodeProps<WorkerNodeType>) {
    const { worker: id, part, density } = data;
    const worker = useActivity(useCallback(({ activity }: StreamSnapshot) => activity.workers.get(id), [id]));
    if (worker === undefined) return null;
    const className = classNames(
        styles.worker,
        styles[density],
        styles[part],
        styles[worker.state],
        selected && styles.selected,
    );
    const title = `${shortNameOf(worker)}: ${doing(worker)}, ${count(worker)}`;
    const number = /-(\d+)$/.exec(id)?.[1];
    return (
        <div className={className} title={density === 'card' ? id : `${title}\n${id}`}>
            <span ref={flashRef(id)} className={styles.flash} />
            {density === 'tile' ? (
                <span className={styles.tileText}>{number === undefined ? '' : Number(number) + 1}</span>
            ) : (
                <>
                    <span className={styles.name}>
                        <span className={styles.dot} />
                        {shortNameOf(worker)}
                    </span>
                    {(part === 'downloader' || part === 'indexer') && (
                        <span className={styles.rate}>{worker.rate.toFixed(1)}/s</span>
                    )}
                </>
            )}
            {density === 'card' && (
                <>
                    <span className={styles.counts}>
                        {count(worker)}
                        {part === 'indexer' && ` · ${numberOf(worker.objects, 'object')}`}
                        {part === 'downloader' && ` · ${numberOf(worker.segments, 'segment')}`}
                    </span>
                    <span className={styles.doing}>
                        {doing(worker)}
                        {worker.failed > 0 && (
                            <span className={styles.failed}> · {formatCompact(worker.failed)} failed</span>
                        )}
                    </span>
                </>
            )}
        </div>
    );
}
