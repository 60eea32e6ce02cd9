import { useDroppable } from '@dnd-kit/core';
import type { ReactNode } from 'react';
import { CheckIcon, MinusIcon } from '@/components/icons.tsx';
import { classNames } from '@/lib/class-names.ts';
import { formatCount } from '@/lib/format.ts';
import { useLabelling } from '../hooks/useLabelling.ts';
import type { Column } from '../model/columns.ts';
import type { Section } from '../model/rows.ts';
import { PictureGrid } from './PictureGrid.tsx';
import type { PictureAction } from './picture-actions.ts';
import styles from './ColumnsDock.module.css';

interface Props {
    column: Column;
    title: string;
    count: number;
    /** Beside the count. */
    state?: ReactNode;
    sections: readonly Section[];
    actionsOf: (section: string) => readonly PictureAction[];
    scoreBy: (section: string) => 'confidence' | null;
    empty: ReactNode;
}

export function ColumnArea({ column, title, count, state, sections, actionsOf, scoreBy, empty }: Props) {
    const { open } = useLabelling();
    const { setNodeRef, isOver, active } = useDroppable({ id: column });
    const isEmpty = sections.every(section => section.pictures.length === 0);
    return (
        <div
            ref={setNodeRef}
            data-column={column}
            className={classNames(
                styles.column,
                styles[column],
                active !== null && styles.ready,
                isOver && styles.over,
            )}
        >
            <h3 className={styles.title}>
                {column === 'positive' ? <CheckIcon /> : <MinusIcon />}
                {title}
                <span className={styles.count}>{formatCount(count)}</span>
                {state}
            </h3>
            {isEmpty ? (
                <p className={styles.empty}>{empty}</p>
            ) : (
                <PictureGrid
                    id={column}
                    label={title}
                    sections={sections}
                    actionsOf={actionsOf}
                    scoreBy={scoreBy}
                    onOpen={open}
                    cellLeast={66}
                />
            )}
        </div>
    );
}
