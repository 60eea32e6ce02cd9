// The two ends of the data flow: where videos come in, and the stores where everything ends up.
import { Handle, Position, type Node, type NodeProps } from '@xyflow/react';
import { use } from 'react';
import { formatNumberOf } from '@/lib/format.ts';
import type { StoreName } from '../model/layout.ts';
import { STORE_NAMES } from './names.ts';
import { StoredContext } from './stored-context.ts';
import styles from './Flow.module.css';

export type InboxNodeType = Node<{ upright: boolean }, 'inbox'>;
export type StoreNodeType = Node<{ store: StoreName; upright: boolean }, 'store'>;

export function InboxNode({ data: { upright } }: NodeProps<InboxNodeType>) {
    const { videos, unfinished, orMore } = use(StoredContext);
    return (
        <div className={styles.inbox}>
            <span className={styles.storeName}>Videos</span>
            <span className={styles.counts}>
                {unfinished > 0 ? `${unfinished}${orMore ? ' or more' : ''} in work` : formatNumberOf(videos, 'video')}
            </span>
            <Handle type="source" id="next" position={upright ? Position.Left : Position.Right} isConnectable={false} />
        </div>
    );
}

export function StoreNode({ data: { store, upright } }: NodeProps<StoreNodeType>) {
    const { frames, objects } = use(StoredContext);
    const texts: Record<StoreName, string> = {
        blobs: formatNumberOf(frames + objects, 'picture'),
        meta: formatNumberOf(objects, 'object'),
        vectors: formatNumberOf(objects, 'vector'),
    };
    return (
        <div className={styles.store}>
            <Handle type="target" position={upright ? Position.Left : Position.Top} isConnectable={false} />
            <span className={styles.storeName}>{STORE_NAMES[store]}</span>
            <span className={styles.counts}>{texts[store]}</span>
        </div>
    );
}
