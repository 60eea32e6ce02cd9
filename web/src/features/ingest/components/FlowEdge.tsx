import {
    BaseEdge,
    EdgeLabelRenderer,
    getBezierPath,
    getSmoothStepPath,
    Position,
    type Edge,
    type EdgeProps,
} from '@xyflow/react';
import { useCallback } from 'react';
import { classNames } from '@/lib/class-names.ts';
import { formatCount } from '@/lib/format.ts';
import type { StreamSnapshot } from '../api/activity-stream.ts';
import { useActivity } from '../hooks/activity-context.ts';
import { depthOf } from '../model/activity.ts';
import { INBOX } from '../model/layout.ts';
import styles from './Flow.module.css';

const ABOVE = 18;

export type TopicEdgeType = Edge<{ topic: string }, 'topic'>;
export type StoreEdgeType = Edge<{ what: string }, 'store'>;

/** Between two parts: the topic, and how much waits in it. */
export function TopicEdge(props: EdgeProps<TopicEdgeType>) {
    const topic = props.data?.topic ?? '';
    const depth = useActivity(useCallback(({ activity }: StreamSnapshot) => depthOf(activity, topic), [topic]));
    const waiting = depth?.waiting ?? 0;
    const leased = depth?.leased ?? 0;
    const [path, middleX, middleY] = getBezierPath(props);
    // Where videos come in beside the splitter, there is only room above.
    const isAbove = props.sourcePosition === Position.Left;
    const x = isAbove ? props.sourceX + INBOX.width / 2 : middleX;
    const y = isAbove ? props.sourceY - INBOX.height / 2 - ABOVE : middleY;
    return (
        <>
            <BaseEdge path={path} className={classNames(styles.edge, waiting + leased > 0 && styles.edgeActive)} />
            <EdgeLabelRenderer>
                <div
                    className={styles.edgeLabel}
                    style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
                >
                    <span className={styles.topic}>{topic}</span>
                    {depth !== undefined && (
                        <span className={waiting > 0 ? styles.waiting : styles.quiet}>
                            {waiting > 0 ? `${formatCount(waiting)} waiting` : leased > 0 ? 'in work' : 'empty'}
                        </span>
                    )}
                </div>
            </EdgeLabelRenderer>
        </>
    );
}

/** From a part down to a store: what is put there. */
export function StoreEdge(props: EdgeProps<StoreEdgeType>) {
    const [path] = getSmoothStepPath({ ...props, borderRadius: 8 });
    // Beside the parts there is no room for it.
    const what = props.targetPosition === Position.Left ? undefined : props.data?.what;
    return (
        <>
            <BaseEdge path={path} className={styles.storeEdge} />
            <EdgeLabelRenderer>
                <div
                    className={styles.storeLabel}
                    style={{
                        transform: `translate(-50%, -50%) translate(${props.targetX}px, ${props.targetY - 15}px)`,
                    }}
                >
                    {what}
                </div>
            </EdgeLabelRenderer>
        </>
    );
}
