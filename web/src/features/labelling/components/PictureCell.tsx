import { useDraggable } from '@dnd-kit/core';
import type { CSSProperties, KeyboardEvent, MouseEvent } from 'react';
import { ExternalIcon } from '@/components/icons.tsx';
import { ObjectThumb } from '@/components/ObjectThumb.tsx';
import { classNames } from '@/lib/class-names.ts';
import { fillOf } from '@/lib/colour.ts';
import type { Column } from '../model/columns.ts';
import { columnName } from '../model/dragging.ts';
import type { MarkHow } from '../model/marks.ts';
import { pictureName, pictureScore, type Picture } from '../model/picture.ts';
import type { GridCell } from '../model/rows.ts';
import type { PictureAction } from './picture-actions.ts';
import styles from './PictureCell.module.css';

interface Props {
    id: string;
    cell: GridCell;
    scoreBy: 'score' | 'confidence' | null;
    suggested: boolean;
    tag: Column | null;
    marked: boolean;
    tabbable: boolean;
    actions: readonly PictureAction[];
    /** What goes along when it is dragged. */
    drags: Record<'pictures' | 'all', readonly Picture[]>;
    onAct: (action: PictureAction) => void;
    onOpen: (picture: Picture) => void;
    onMark: (how: MarkHow) => void;
    onUnfold: (stack: string) => void;
    onKeyDown: (event: KeyboardEvent) => void;
}

// More do not fit on a small picture.
const BUTTONS_MOST = 3;

function howMarked(event: MouseEvent): MarkHow {
    if (event.shiftKey) return 'range';
    const touched = (event.nativeEvent as PointerEvent).pointerType === 'touch';
    return event.ctrlKey || event.metaKey || touched ? 'toggle' : 'only';
}

function describe({ cell, scoreBy, suggested, tag }: Props): string {
    const { picture, stands } = cell;
    const score = scoreBy === null ? null : pictureScore(picture, scoreBy);
    return [
        pictureName(picture),
        suggested && 'suggested',
        score !== null && `${scoreBy === 'confidence' ? 'confidence' : 'similarity'} ${score}`,
        stands.length > 1 && `${stands.length} near-identical pictures`,
        picture.label !== null && `${picture.label.kind === 'probable' ? 'probably ' : ''}${picture.label.name}`,
        tag !== null && `in the ${columnName(tag)} column`,
    ]
        .filter(Boolean)
        .join(', ');
}

export function PictureCell(props: Props) {
    const { id, cell, scoreBy, suggested, tag, marked, tabbable, actions, drags, onAct, onOpen, onMark, onUnfold } =
        props;
    const { picture, stands, stack, unfolded } = cell;
    const { attributes, listeners, setNodeRef, isDragging, active } = useDraggable({ id, data: drags });
    const score = scoreBy === null ? null : pictureScore(picture, scoreBy);
    const { label } = picture;
    const buttons = actions.filter(({ picks }) => picks !== true);
    return (
        <li
            className={classNames(
                styles.cell,
                suggested && styles.suggested,
                marked && styles.marked,
                isDragging && styles.dragging,
            )}
        >
            <button
                type="button"
                ref={setNodeRef}
                {...attributes}
                {...listeners}
                tabIndex={tabbable ? 0 : -1}
                data-at={cell.at}
                data-object={picture.object}
                aria-pressed={marked}
                aria-label={describe(props)}
                className={styles.picture}
                onClick={event => onMark(howMarked(event))}
                onDoubleClick={() => onOpen(picture)}
                onKeyDown={event => {
                    // While one is dragged with the keyboard, the arrow keys are about columns.
                    if (active !== null) return;
                    props.onKeyDown(event);
                    if (!event.defaultPrevented)
                        (listeners?.onKeyDown as ((event: KeyboardEvent) => void) | undefined)?.(event);
                }}
            >
                <ObjectThumb object={picture.object} alt="" />
                {label !== null && (
                    <span
                        className={classNames(styles.label, label.kind === 'probable' && styles.probable)}
                        style={{ '--fill': fillOf(label.name) } as CSSProperties}
                        title={label.kind === 'probable' ? `Probably ${label.name}` : label.name}
                    />
                )}
                {score !== null && <span className={styles.score}>{score}</span>}
                {tag !== null && <span className={classNames(styles.tag, styles[tag])}>{columnName(tag)}</span>}
            </button>
            {stack !== null && (
                <button
                    type="button"
                    tabIndex={-1}
                    className={styles.stack}
                    aria-label={
                        unfolded
                            ? 'Fold the near-identical pictures'
                            : `Show all ${stands.length} near-identical pictures`
                    }
                    title={unfolded ? 'Fold (E)' : `${stands.length} near-identical pictures: show all (E)`}
                    onClick={() => onUnfold(stack)}
                >
                    {unfolded ? 'fold' : `×${stands.length}`}
                </button>
            )}
            <span className={styles.actions}>
                {buttons.map(action => (
                    <button
                        key={action.name}
                        type="button"
                        tabIndex={-1}
                        className={classNames(styles.action, action.tone && styles[action.tone])}
                        aria-label={`${action.name}: ${pictureName(picture)}`}
                        title={`${action.name} (${action.keys[0] === 'Delete' ? 'Del' : (action.keys[0]?.toUpperCase() ?? '')})`}
                        onClick={() => onAct(action)}
                    >
                        {action.icon}
                    </button>
                ))}
                {buttons.length < BUTTONS_MOST && (
                    <button
                        type="button"
                        tabIndex={-1}
                        className={styles.action}
                        aria-label={`Show in the video: ${pictureName(picture)}`}
                        title="Show in the video (Enter, double click)"
                        onClick={() => onOpen(picture)}
                    >
                        <ExternalIcon />
                    </button>
                )}
            </span>
        </li>
    );
}
