// The data flow as a graph. In a chunk of its own: React Flow is needed nowhere else.
import '@xyflow/react/dist/base.css';
import {
    Background,
    BackgroundVariant,
    MiniMap,
    Panel,
    ReactFlow,
    useReactFlow,
    ReactFlowProvider,
    type NodeChange,
} from '@xyflow/react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { FullscreenIcon, MinusIcon, PlusIcon } from '@/components/icons.tsx';
import { IconButton } from '@/components/IconButton.tsx';
import { classNames } from '@/lib/class-names.ts';
import type { StreamSnapshot } from '../api/activity-stream.ts';
import { useActivity, useActivityStream } from '../hooks/activity-context.ts';
import { useMediaQuery } from '../hooks/use-media-query.ts';
import { PARTS, workersByPart, type Part } from '../model/activity.ts';
import { layoutFlow } from '../model/layout.ts';
import { InboxNode, StoreNode } from './EndNodes.tsx';
import { lightUp } from './flash.ts';
import { edgesOf, nodesOf, type FlowNode } from './flow-elements.ts';
import { StoreEdge, TopicEdge } from './FlowEdge.tsx';
import { PartNode } from './PartNode.tsx';
import { WorkerNode } from './WorkerNode.tsx';
import styles from './Flow.module.css';

const nodeTypes = { inbox: InboxNode, store: StoreNode, part: PartNode, worker: WorkerNode };
const edgeTypes = { topic: TopicEdge, store: StoreEdge };
/** As in IngestView.module.css. */
const NARROW = '(max-width: 900px)';
const FIT = { padding: 0.06, maxZoom: 1.1, minZoom: 0.2 };

interface Props {
    selected: string | null;
    onSelect: (node: string | null) => void;
}

/** Which workers there are, as text: it only changes when somebody comes or goes. */
function crew({ activity }: StreamSnapshot): string {
    const parts = workersByPart(activity.workers);
    return JSON.stringify(
        PARTS.map(part => parts[part].filter(worker => worker.state !== 'stopped').map(worker => worker.id)),
    );
}

let lastCrew: { workers: unknown; text: string } | undefined;
function crewOnce(snapshot: StreamSnapshot): string {
    if (lastCrew?.workers !== snapshot.activity.workers)
        lastCrew = { workers: snapshot.activity.workers, text: crew(snapshot) };
    return lastCrew.text;
}

function Graph({ selected, onSelect }: Props) {
    const stream = useActivityStream();
    const flow = useReactFlow<FlowNode>();
    const frame = useRef<HTMLDivElement>(null);
    const text = useActivity(crewOnce);
    const upright = useMediaQuery(NARROW);
    const layout = useMemo(() => {
        const lists = JSON.parse(text) as string[][];
        const ids = Object.fromEntries(PARTS.map((part, i) => [part, lists[i] ?? []])) as Record<Part, string[]>;
        return layoutFlow(ids, upright);
    }, [text, upright]);
    const nodes = useMemo(() => nodesOf(layout, selected), [layout, selected]);
    const edges = useMemo(() => edgesOf(layout), [layout]);
    const [partial, setPartial] = useState(false);
    const moved = useRef(false);
    // On a phone a finger scrolls the page, unless there is more of the graph than is seen.
    const whole = upright && !partial;

    useEffect(() => stream.onFlashes(lightUp), [stream]);

    // Everything in view, unless somebody looks closer at a part of it.
    useEffect(() => {
        const element = frame.current;
        if (element === null) return;
        const fit = () => {
            if (!moved.current) void flow.fitView(FIT);
        };
        const observer = new ResizeObserver(fit);
        observer.observe(element);
        const picture = requestAnimationFrame(fit);
        return () => {
            observer.disconnect();
            cancelAnimationFrame(picture);
        };
    }, [flow, layout]);

    function onNodesChange(changes: NodeChange<FlowNode>[]) {
        const selections = changes.filter(change => change.type === 'select');
        const chosen = selections.find(change => change.selected);
        if (chosen !== undefined) onSelect(chosen.id);
        else if (selections.some(change => change.id === selected)) onSelect(null);
    }

    function noteWhatIsSeen() {
        const element = frame.current;
        if (element === null) return;
        const { x, y, zoom } = flow.getViewport();
        setPartial(
            x < -1 ||
                y < -1 ||
                x + layout.width * zoom > element.clientWidth + 1 ||
                y + layout.height * zoom > element.clientHeight + 1,
        );
    }

    function showAll() {
        moved.current = false;
        void flow.fitView({ ...FIT, duration: 200 });
    }

    return (
        <div ref={frame} className={classNames(styles.graph, whole && styles.whole)}>
            <ReactFlow<FlowNode>
                key={upright ? 'upright' : 'flat'}
                attributionPosition={upright ? 'bottom-left' : 'bottom-right'}
                panOnDrag={!whole}
                nodes={nodes}
                edges={edges}
                nodeTypes={nodeTypes}
                edgeTypes={edgeTypes}
                onNodesChange={onNodesChange}
                onPaneClick={() => onSelect(null)}
                onMoveEnd={event => {
                    if (event !== null) moved.current = true;
                    noteWhatIsSeen();
                }}
                fitView
                fitViewOptions={FIT}
                minZoom={0.2}
                maxZoom={2.5}
                nodesDraggable={false}
                nodesConnectable={false}
                edgesFocusable={false}
                zoomOnDoubleClick={false}
                preventScrolling={false}
                zoomOnScroll={false}
                panOnScroll={false}
                deleteKeyCode={null}
                selectionKeyCode={null}
                multiSelectionKeyCode={null}
                aria-label="Data flow"
            >
                <Background variant={BackgroundVariant.Dots} gap={20} size={1} className={styles.dots} />
                <Panel position={upright ? 'bottom-right' : 'bottom-left'} className={styles.controls}>
                    <IconButton
                        size="s"
                        label="Zoom in"
                        icon={<PlusIcon />}
                        onClick={() => {
                            moved.current = true;
                            void flow.zoomIn();
                        }}
                    />
                    <IconButton
                        size="s"
                        label="Zoom out"
                        icon={<MinusIcon />}
                        onClick={() => {
                            moved.current = true;
                            void flow.zoomOut();
                        }}
                    />
                    <IconButton size="s" label="Show everything" icon={<FullscreenIcon />} onClick={showAll} />
                </Panel>
                {partial && nodes.length > 30 && (
                    <MiniMap
                        pannable
                        className={styles.minimap}
                        nodeClassName={node => styles[String(node.type)] ?? ''}
                        ariaLabel="Overview of the data flow"
                    />
                )}
            </ReactFlow>
        </div>
    );
}

export default function FlowGraph(props: Props) {
    return (
        <ReactFlowProvider>
            <Graph {...props} />
        </ReactFlowProvider>
    );
}
