import { Handle, Position, type Node, type NodeProps } from '@xyflow/react';
import { useMemo } from 'react';
import { classNames } from '@/lib/class-names.ts';
import { formatCount } from '@/lib/format.ts';
import type { StreamSnapshot } from '../api/activity-stream.ts';
import { useActivityEvery } from '../hooks/activity-context.ts';
import { totalsOf, workersByPart, type Part } from '../model/activity.ts';
import { PART_NAMES } from './names.ts';
import styles from './Flow.module.css';

export type PartNodeType = Node<{ part: Part; upright: boolean }, 'part'>;

const workersOf = ({ activity }: StreamSnapshot) => activity.workers;

/** The frame around the workers of a part, with what they do together. */
export function PartNode({ data: { part, upright }, selected }: NodeProps<PartNodeType>) {
    const workers = useActivityEvery(250, workersOf);
    const totals = useMemo(() => totalsOf(workersByPart(workers)[part]), [workers, part]);
    const running = totals.workers - totals.lost;
    // Videos come in beside the splitter.
    const fromAbove = part === 'splitter' ? Position.Right : Position.Top;
    return (
        <div className={classNames(styles.part, styles[part], selected && styles.selected)}>
            <Handle type="target" position={upright ? fromAbove : Position.Left} isConnectable={false} />
            <Handle
                type="source"
                id="next"
                position={upright ? Position.Bottom : Position.Right}
                isConnectable={false}
            />
            <Handle
                type="source"
                id="store"
                position={upright ? Position.Right : Position.Bottom}
                isConnectable={false}
            />
            <div className={styles.partHead}>
                <span className={styles.partName}>{PART_NAMES[part].many}</span>
                <span className={styles.partCount}>
                    {totals.workers === 0
                        ? ''
                        : totals.busy > 0
                          ? `${totals.busy}/${running} busy`
                          : formatCount(running)}
                </span>
                {part !== 'splitter' && totals.rate > 0 && (
                    <span className={styles.partRate}>{totals.rate.toFixed(totals.rate < 10 ? 1 : 0)}/s</span>
                )}
            </div>
            {totals.workers === 0 && <p className={styles.none}>none running</p>}
        </div>
    );
}
