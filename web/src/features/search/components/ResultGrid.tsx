import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type CSSProperties, type KeyboardEvent } from 'react';
import { Loading, Skeleton } from '@/components/Skeleton.tsx';
import { useKeptScroll } from '../hooks/useKeptScroll.ts';
import { useTracks } from '../hooks/useTracks.ts';
import { useUnfolded } from '../hooks/useUnfolded.ts';
import { columnsFor, layOut, neighbourOf, type Section } from '../model/layout.ts';
import { SECTION_TITLES, type ScoreKind } from '../model/texts.ts';
import { ResultCard } from './ResultCard.tsx';
import styles from './ResultGrid.module.css';

const CELL_LEAST = 148;
const GAP = 12;
/** Of the words under a picture. */
const WORDS_HEIGHT = 50;
const TITLE_HEIGHT = 36;
const OVERSCAN = 3;
// Before it has been measured.
const WIDTH_FIRST = 1000;

interface Props {
    project: string;
    sections: readonly Section[];
    scoreKind: ScoreKind;
    videoName: (video: string) => string;
    complete: boolean;
    /** The end of what is loaded is near. */
    onEnd: () => void;
    loadingMore: boolean;
}

/** Results that scroll with the page; the arrow keys go from one to the next. */
export function ResultGrid(props: Props) {
    const { project, sections, scoreKind, videoName, complete, onEnd, loadingMore } = props;
    const body = useRef<HTMLDivElement>(null);
    const [{ width, top }, setPlace] = useState({ width: WIDTH_FIRST, top: 0 });
    const [unfolded, toggleFold] = useUnfolded();
    const tracks = useTracks(sections, unfolded, toggleFold);
    const [current, setCurrent] = useState(0);

    const perRow = columnsFor(width, CELL_LEAST, GAP);
    const side = (width - GAP * (perRow - 1)) / perRow;
    const rowHeight = Math.floor(side) + WORDS_HEIGHT + GAP;
    const layout = useMemo(() => layOut(sections, unfolded, tracks, perRow), [sections, unfolded, tracks, perRow]);
    const { cells, rows, rowOf } = layout;
    const currentAt = Math.min(current, cells.length - 1);

    useLayoutEffect(() => {
        const element = body.current;
        if (element === null) return;
        const measure = () => {
            const { left, right, top: above } = element.getBoundingClientRect();
            setPlace({ width: right - left || WIDTH_FIRST, top: Math.round(above + window.scrollY) });
        };
        measure();
        const observer = new ResizeObserver(measure);
        observer.observe(element);
        return () => observer.disconnect();
    }, []);

    const virtualizer = useWindowVirtualizer({
        count: rows.length,
        estimateSize: index => ('title' in (rows[index] ?? {}) ? TITLE_HEIGHT : rowHeight),
        getItemKey: index => rows[index]?.key ?? index,
        overscan: OVERSCAN,
        scrollMargin: top,
    });
    useEffect(() => virtualizer.measure(), [virtualizer, rowHeight, rows]);
    useKeptScroll(virtualizer.getTotalSize());

    const items = virtualizer.getVirtualItems();
    const nearEnd = (items.at(-1)?.index ?? -1) >= rows.length - 1 - OVERSCAN;
    useEffect(() => {
        if (nearEnd) onEnd();
    }, [nearEnd, onEnd, rows.length]);

    function focusCell(at: number) {
        setCurrent(at);
        virtualizer.scrollToIndex(rowOf[at] ?? 0);
        // The row may have to be rendered first.
        requestAnimationFrame(() =>
            requestAnimationFrame(() => body.current?.querySelector<HTMLElement>(`[data-at="${at}"]`)?.focus()),
        );
    }

    function onKeyDown(event: KeyboardEvent, at: number) {
        if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
        const next = neighbourOf(at, event.key, layout);
        if (next === null) return;
        event.preventDefault();
        focusCell(next);
    }

    return (
        <>
            <div
                ref={body}
                role="list"
                aria-label="Results"
                className={styles.grid}
                style={{ height: virtualizer.getTotalSize() }}
            >
                {items.map(item => {
                    const row = rows[item.index];
                    if (row === undefined) return null;
                    const place = { transform: `translateY(${item.start - top}px)` };
                    if ('title' in row)
                        return (
                            <div key={item.key} role="listitem" className={styles.title} style={place}>
                                <h2>{SECTION_TITLES[row.title]}</h2>
                            </div>
                        );
                    const columns = { '--columns': perRow } as CSSProperties;
                    return (
                        <div key={item.key} role="presentation" className={styles.row} style={{ ...place, ...columns }}>
                            {row.cells.map(cell => (
                                <ResultCard
                                    key={cell.hit.object}
                                    project={project}
                                    cell={cell}
                                    scoreKind={scoreKind}
                                    videoName={videoName(cell.hit.video)}
                                    tabbable={cell.at === currentAt}
                                    count={complete ? cells.length : -1}
                                    onKeyDown={event => onKeyDown(event, cell.at)}
                                    onFocus={() => setCurrent(cell.at)}
                                    onUnfold={toggleFold}
                                />
                            ))}
                        </div>
                    );
                })}
            </div>
            {loadingMore && (
                <div className={styles.more} style={{ '--columns': perRow } as CSSProperties}>
                    <Loading what="more results" />
                    {Array.from({ length: perRow }, (_, at) => (
                        <Skeleton key={at} height={side} />
                    ))}
                </div>
            )}
        </>
    );
}
