// The layout as React Flow wants it.
import type { Part } from '../model/activity.ts';
import type { FlowLayout, StoreName } from '../model/layout.ts';
import type { InboxNodeType, StoreNodeType } from './EndNodes.tsx';
import type { StoreEdgeType, TopicEdgeType } from './FlowEdge.tsx';
import { PART_NAMES, STORE_NAMES } from './names.ts';
import type { PartNodeType } from './PartNode.tsx';
import type { WorkerNodeType } from './WorkerNode.tsx';

export type FlowNode = InboxNodeType | StoreNodeType | PartNodeType | WorkerNodeType;
export type FlowEdgeType = TopicEdgeType | StoreEdgeType;

export const partId = (part: Part) => `part:${part}`;
const storeId = (store: StoreName) => `store:${store}`;
const INBOX = 'inbox';

export function nodesOf(layout: FlowLayout, selected: string | null): FlowNode[] {
    const { upright } = layout;
    const fixed = { draggable: false, connectable: false, deletable: false };
    const still = { ...fixed, selectable: false, focusable: false };
    const boxOf = ({ x, y, width, height }: { x: number; y: number; width: number; height: number }) => ({
        position: { x, y },
        width,
        height,
    });
    return [
        { id: INBOX, type: 'inbox', data: { upright }, ...boxOf(layout.inbox), ...still },
        ...layout.parts.map((place): PartNodeType => {
            const id = partId(place.part);
            const ariaLabel = PART_NAMES[place.part].many;
            return {
                id,
                type: 'part',
                data: { part: place.part, upright },
                ...boxOf(place),
                ...fixed,
                ariaLabel,
                selected: selected === id,
            };
        }),
        ...layout.workers.map((place): WorkerNodeType => ({
            id: place.worker,
            type: 'worker',
            parentId: partId(place.part),
            data: { worker: place.worker, part: place.part, density: place.density },
            ...boxOf(place),
            ...fixed,
            ariaLabel: `Worker ${place.worker}`,
            selected: selected === place.worker,
        })),
        ...layout.stores.map((place): StoreNodeType => ({
            id: storeId(place.store),
            type: 'store',
            data: { store: place.store, upright },
            ...boxOf(place),
            ...still,
            ariaLabel: STORE_NAMES[place.store],
        })),
    ];
}

export function edgesOf(layout: FlowLayout): FlowEdgeType[] {
    const still = { focusable: false, selectable: false, deletable: false };
    const topic = (name: string, source: string, target: string): TopicEdgeType => ({
        id: name,
        type: 'topic',
        source,
        sourceHandle: 'next',
        target,
        data: { topic: name },
        ...still,
    });
    const store = (part: Part, to: StoreName, what: string): StoreEdgeType => ({
        id: `${part}-${to}`,
        type: 'store',
        source: partId(part),
        sourceHandle: 'store',
        target: storeId(to),
        data: { what },
        ...still,
    });
    const edges: FlowEdgeType[] = [
        topic('sources', INBOX, partId('splitter')),
        topic('segments', partId('splitter'), partId('downloader')),
        topic('frames', partId('downloader'), partId('indexer')),
        store('splitter', 'blobs', ''),
        store('downloader', 'blobs', 'segments, frames, crops'),
        store('indexer', 'blobs', ''),
        store('indexer', 'vectors', 'vectors'),
        store('indexer', 'meta', 'objects'),
    ];
    if (layout.parts.some(place => place.part === 'tracker')) {
        edges.push(topic('detections', partId('indexer'), partId('tracker')), store('tracker', 'meta', ''));
    }
    return edges;
}
