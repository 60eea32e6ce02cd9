import { useMemo, useState, type KeyboardEvent, type Ref } from 'react';
import { Button } from '@/components/Button.tsx';
import { Kbd } from '@/components/Kbd.tsx';
import { classNames } from '@/lib/class-names.ts';
import { labelColour, trackColour } from '@/lib/colour.ts';
import { useShownTime } from '../hooks/usePlayback.ts';
import {
    describeObject,
    readingOrder,
    stateOf,
    tagText,
    visibleBoxes,
    type LayerOptions,
    type Selection,
} from '../model/layer.ts';
import type { Playback } from '../model/playback.ts';
import { boxesAt, isKnownAt, type PlacedBox, type Samples } from '../model/samples.ts';
import styles from './ObjectStrip.module.css';

interface Props {
    playback: Playback;
    samples: Samples;
    options: LayerOptions;
    selection: Selection;
    hovered: string | null;
    isPending: boolean;
    /** More of the video is being indexed. */
    growing: boolean;
    /** While one is picked: whether it can be this one. */
    accepts: ((object: PlacedBox['object']) => boolean) | null;
    onHover: (id: string | null) => void;
    onChoose: (box: PlacedBox) => void;
    /** Shows the next object, where this picture has none. */
    onNext: () => void;
    /** Whether there is one, as far as is known. */
    hasNext: (us: number) => boolean;
    ref?: Ref<HTMLUListElement>;
}

const WHILE_PLAYING_MS = 400;

/** The boxes of the picture as a list: what the canvas shows, for keyboards and screen readers, and for a quick look. */
export function ObjectStrip(props: Props) {
    const { playback, samples, options, selection, hovered, isPending, growing, accepts, onHover, onChoose, ref } =
        props;
    const { onNext, hasNext } = props;
    const us = useShownTime(playback, WHILE_PLAYING_MS);
    const [active, setActive] = useState<string | null>(null);
    const boxes = useMemo(
        () => readingOrder(visibleBoxes(boxesAt(samples, us), options, selection)),
        [samples, us, options, selection],
    );
    const nothing = isKnownAt(samples, us)
        ? 'No objects in this picture'
        : `This part of the video is not indexed${growing ? ' yet' : ''}`;
    const ids = boxes.map(box => box.object.id);
    const chosen = boxes.find(box => stateOf(box, selection) === 'selected')?.object.id;
    const stop = ids.find(id => id === active) ?? chosen ?? ids[0];

    function onKeyDown(event: KeyboardEvent<HTMLElement>, index: number) {
        const to: Record<string, number> = {
            ArrowRight: index + 1,
            ArrowLeft: index - 1,
            Home: 0,
            End: ids.length - 1,
        };
        const box = boxes[index];
        const target = to[event.key];
        if (target !== undefined)
            event.currentTarget.parentElement?.querySelectorAll<HTMLElement>('[role=option]')[target]?.focus();
        else if ((event.key === 'Enter' || event.key === ' ') && box !== undefined) {
            if (accepts === null || accepts(box.object)) onChoose(box);
        } else return;
        event.preventDefault();
    }

    return (
        <div className={styles.strip}>
            <span className={styles.count} aria-hidden="true">
                {isPending ? '…' : boxes.length}
            </span>
            <ul
                ref={ref}
                role="listbox"
                aria-label="Objects in this picture"
                aria-orientation="horizontal"
                aria-busy={isPending}
                className={styles.list}
                tabIndex={ids.length === 0 ? 0 : -1}
            >
                {boxes.map((box, index) => {
                    const { object } = box;
                    const state = stateOf(box, selection);
                    const refused = accepts !== null && !accepts(object);
                    return (
                        <li
                            key={object.id}
                            role="option"
                            aria-selected={state === 'selected'}
                            aria-label={describeObject(object)}
                            aria-disabled={refused || undefined}
                            tabIndex={object.id === stop ? 0 : -1}
                            className={classNames(
                                styles.option,
                                styles[state],
                                object.id === hovered && styles.hovered,
                                refused && styles.refused,
                            )}
                            onClick={() => !refused && onChoose(box)}
                            onKeyDown={event => onKeyDown(event, index)}
                            onFocus={() => {
                                setActive(object.id);
                                onHover(object.id);
                            }}
                            onBlur={() => onHover(null)}
                            onPointerEnter={() => onHover(object.id)}
                            onPointerLeave={() => onHover(null)}
                        >
                            {object.track !== null && (
                                <span className={styles.track} style={{ background: trackColour(object.track) }} />
                            )}
                            {object.label !== null && (
                                <span
                                    className={styles.mark}
                                    style={{ background: labelColour(object.label.name).fill }}
                                />
                            )}
                            <span className={styles.text} dir="auto">
                                {tagText(object)}
                            </span>
                        </li>
                    );
                })}
            </ul>
            {boxes.length === 0 && !isPending && <span className={styles.none}>{nothing}</span>}
            {boxes.length === 0 && !isPending && hasNext(us) && (
                <Button size="s" variant="quiet" onClick={onNext}>
                    Show the next one <Kbd keys="]" />
                </Button>
            )}
        </div>
    );
}
