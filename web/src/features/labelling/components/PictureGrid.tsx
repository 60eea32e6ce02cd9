import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState, type CSSProperties, type KeyboardEvent, type ReactNode } from 'react';
import { Skeleton } from '@/components/Skeleton.tsx';
import { useElementWidth } from '../hooks/useElementWidth.ts';
import { mark, NO_MARKS, type MarkHow } from '../model/marks.ts';
import { onePerTrack, type Picture } from '../model/picture.ts';
import { columnsFor, layOut, neighbourOf, type GridCell, type Section } from '../model/rows.ts';
import { MarkedBar } from './MarkedBar.tsx';
import { PictureCell } from './PictureCell.tsx';
import type { PictureAction } from './picture-actions.ts';
import styles from './PictureGrid.module.css';

const GAP = 6;
// Before it has been measured.
const WIDTH_FIRST = 400;
const OVERSCAN = 3;

interface Props {
    /** What is in it, for screen readers: "Similar objects". */
    label: string;
    /** Tells its draggables from those of other grids. */
    id: string;
    sections: readonly Section[];
    actionsOf: (section: string) => readonly PictureAction[];
    scoreBy: (section: string) => 'score' | 'confidence' | null;
    onOpen: (picture: Picture) => void;
    /** Marks pictures that are in a column already. */
    tagOf?: (picture: Picture) => 'positive' | 'negative' | null;
    cellLeast?: number;
    /** Of a folded stack: only its best picture is taken or dragged; its likes follow as suggestions. Default: all of it. */
    takes?: 'best' | 'all';
    /** The end of what is loaded is near. */
    onEnd?: (() => void) | undefined;
    loadingMore?: boolean;
    /** Above the pictures, scrolling with them. */
    children?: ReactNode;
}

/** Pictures of objects in a grid: near-identical ones as one, marked with clicks, dragged, or acted on with keys. */
export function PictureGrid(props: Props) {
    const {
        label,
        id,
        sections,
        actionsOf,
        scoreBy,
        onOpen,
        tagOf,
        cellLeast = 84,
        takes = 'all',
        onEnd,
        loadingMore,
        children,
    } = props;
    const scroller = useRef<HTMLDivElement>(null);
    const body = useRef<HTMLDivElement>(null);
    const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
    const [marks, setMarks] = useState(NO_MARKS);
    const [current, setCurrent] = useState(0);
    const refocus = useRef<number | null>(null);

    const width = useElementWidth(body, WIDTH_FIRST);
    const perRow = columnsFor(width, cellLeast, GAP);
    const size = Math.floor((width - GAP * (perRow - 1)) / perRow);
    const layout = useMemo(() => layOut(sections, unfolded, perRow), [sections, unfolded, perRow]);
    const { cells, rows, rowOf } = layout;
    const order = useMemo(() => cells.map(cell => cell.key), [cells]);
    const marked = cells.filter(cell => marks.keys.has(cell.key));
    const currentAt = Math.min(current, Math.max(0, cells.length - 1));

    // eslint-disable-next-line react-hooks/incompatible-library -- not memoised by the compiler, and need not be
    const virtualizer = useVirtualizer({
        count: rows.length,
        getScrollElement: () => scroller.current,
        estimateSize: () => size + GAP,
        getItemKey: index => rows[index]?.key ?? index,
        overscan: OVERSCAN,
    });
    useEffect(() => virtualizer.measure(), [virtualizer, size, rows]);

    const items = virtualizer.getVirtualItems();
    const lastShown = items.at(-1)?.index ?? -1;
    const nearEnd = rows.length > 0 && lastShown >= rows.length - 1 - OVERSCAN;
    useEffect(() => {
        if (nearEnd) onEnd?.();
    }, [nearEnd, onEnd, rows.length]);

    function focusCell(at: number) {
        setCurrent(at);
        virtualizer.scrollToIndex(rowOf[at] ?? 0);
        const focus = () => {
            // Somebody who has gone on to another place in the meantime is not fetched back.
            const now = document.activeElement;
            if (now !== null && now !== document.body && body.current?.contains(now) !== true) return;
            body.current?.querySelector<HTMLElement>(`[data-at="${at}"]`)?.focus();
        };
        // The row may have to be rendered first.
        requestAnimationFrame(() => requestAnimationFrame(focus));
    }

    // What was acted on may have left the grid: the focus goes to what is in its place.
    useEffect(() => {
        if (refocus.current === null) return;
        const at = Math.min(refocus.current, cells.length - 1);
        refocus.current = null;
        if (at >= 0) focusCell(at);
    });

    const together = (cell: GridCell): GridCell[] =>
        marks.keys.has(cell.key) ? marked.filter(other => other.section === cell.section) : [cell];
    const allOf = (chosen: readonly GridCell[]) => chosen.flatMap(cell => cell.stands);
    const standFor = (chosen: readonly GridCell[]) =>
        onePerTrack(chosen.flatMap(cell => (takes === 'best' ? cell.picture : cell.stands)));

    function act(action: PictureAction, chosen: readonly GridCell[], keyboard: boolean) {
        action.run(action.picks ? allOf(chosen) : standFor(chosen));
        setMarks(NO_MARKS);
        const at = chosen[0]?.at;
        if (keyboard && at !== undefined && !action.picks)
            refocus.current = action.removes ? at : Math.min(at + chosen.length, cells.length - 1);
    }

    function unfold(stack: string) {
        const next = new Set(unfolded);
        if (!next.delete(stack)) next.add(stack);
        setUnfolded(next);
    }

    function onKeyDown(event: KeyboardEvent, cell: GridCell) {
        if (event.ctrlKey || event.metaKey || event.altKey) {
            if (event.key === 'a') {
                setMarks({ keys: new Set(order), anchor: cell.key });
                event.preventDefault();
            }
            return;
        }
        const next = neighbourOf(cell.at, event.key, layout);
        const action = actionsOf(cell.section).find(candidate => candidate.keys.includes(event.key));
        if (next !== null) {
            if (event.shiftKey) {
                const from = marks.anchor === null ? mark(marks, cell.key, 'only', order) : marks;
                setMarks(mark(from, order[next] ?? cell.key, 'range', order));
            }
            focusCell(next);
        } else if (action !== undefined) act(action, together(cell), true);
        else if (event.key === 'Enter') onOpen(cell.picture);
        else if (event.key === 'e' && cell.stack !== null) unfold(cell.stack);
        else if (event.key === 'm') setMarks(mark(marks, cell.key, 'toggle', order));
        else if (event.key === 'Escape' && marks.keys.size > 0) setMarks(NO_MARKS);
        else return;
        event.preventDefault();
    }

    function onMark(cell: GridCell, how: MarkHow) {
        setCurrent(cell.at);
        setMarks(mark(marks, cell.key, how, order));
    }

    return (
        <div className={styles.grid}>
            <div
                ref={scroller}
                className={styles.scroller}
                role="group"
                aria-label={label}
                tabIndex={cells.length === 0 ? 0 : -1}
            >
                {children}
                <div
                    ref={body}
                    className={styles.body}
                    style={{ height: virtualizer.getTotalSize(), '--cell': `${size}px` } as CSSProperties}
                >
                    {items.map(item => {
                        const row = rows[item.index];
                        if (row === undefined) return null;
                        return (
                            <ul
                                key={item.key}
                                className={styles.row}
                                style={{ transform: `translateY(${item.start}px)` }}
                            >
                                {row.cells.map(cell => (
                                    <PictureCell
                                        key={cell.key}
                                        id={`${id} ${cell.section} ${cell.key}`}
                                        cell={cell}
                                        scoreBy={scoreBy(cell.section)}
                                        suggested={cell.section === 'suggested'}
                                        tag={tagOf?.(cell.picture) ?? null}
                                        marked={marks.keys.has(cell.key)}
                                        tabbable={cell.at === currentAt}
                                        actions={actionsOf(cell.section)}
                                        drags={{ pictures: standFor(together(cell)), all: allOf(together(cell)) }}
                                        onAct={action => act(action, together(cell), false)}
                                        onOpen={onOpen}
                                        onMark={how => onMark(cell, how)}
                                        onUnfold={unfold}
                                        onKeyDown={event => onKeyDown(event, cell)}
                                    />
                                ))}
                            </ul>
                        );
                    })}
                </div>
                {loadingMore && (
                    <div className={styles.more} aria-hidden="true">
                        {Array.from({ length: perRow }, (_, at) => (
                            <Skeleton key={at} width={size} height={size} />
                        ))}
                    </div>
                )}
            </div>
            {marked.length > 0 && (
                <MarkedBar
                    count={standFor(marked).length}
                    actions={actionsOf(marked[0]?.section ?? '')}
                    onAct={action => act(action, marked, false)}
                    onOpen={
                        marked.length === 1 ? () => marked[0] !== undefined && onOpen(marked[0].picture) : undefined
                    }
                    onClear={() => setMarks(NO_MARKS)}
                />
            )}
        </div>
    );
}
