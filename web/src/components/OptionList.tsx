import { useLayoutEffect, useRef, type ReactNode, type Ref } from 'react';
import { classNames } from '@/lib/class-names.ts';
import { fillOf } from '@/lib/colour.ts';
import { formatCompact, formatNumberOf } from '@/lib/format.ts';
import styles from './OptionList.module.css';

export interface Option {
    key: string;
    text: string;
    icon?: ReactNode;
    /** Of objects; shown at the right. */
    count?: number;
}

export interface OptionGroup {
    /** Groups without a title stand for themselves. */
    title?: string;
    options: readonly Option[];
}

interface Props {
    /** Of the list `${id}-list`, and of its options `${id}-0`, `${id}-1`, … through all groups. */
    id: string;
    label: string;
    groups: readonly OptionGroup[];
    active: number | null;
    onChoose: (at: number) => void;
    before?: ReactNode;
    after?: ReactNode;
    /** Where it is. */
    className?: string | undefined;
    popover?: 'manual';
    ref?: Ref<HTMLDivElement>;
}

/** The list under a field that offers what can be chosen. The field keeps the focus and has the keys. */
export function OptionList({ id, label, groups, active, onChoose, before, after, className, popover, ref }: Props) {
    const list = useRef<HTMLDivElement>(null);
    useLayoutEffect(() => {
        list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
    }, [active]);
    const firsts = groups.map((_, at) => groups.slice(0, at).reduce((count, { options }) => count + options.length, 0));
    return (
        <div
            ref={ref}
            popover={popover}
            role="presentation"
            className={classNames(styles.box, className)}
            onPointerDown={event => event.preventDefault()}
        >
            {before}
            <div ref={list} role="listbox" id={`${id}-list`} aria-label={label} className={styles.list}>
                {groups.map(({ title, options }, group) => {
                    const rows = options.map((option, index) => {
                        const at = (firsts[group] ?? 0) + index;
                        return (
                            // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the field has the keys
                            <div
                                key={option.key}
                                id={`${id}-${at}`}
                                role="option"
                                tabIndex={-1}
                                aria-selected={at === active}
                                className={classNames(styles.option, at === active && styles.active)}
                                onClick={() => onChoose(at)}
                            >
                                <OptionText option={option} />
                            </div>
                        );
                    });
                    if (title === undefined) return rows;
                    return (
                        <div key={title} role="group" aria-labelledby={`${id}-${title}`}>
                            <p id={`${id}-${title}`} role="presentation" className={styles.title}>
                                {title}
                            </p>
                            {rows}
                        </div>
                    );
                })}
            </div>
            {after}
        </div>
    );
}

function OptionText({ option: { text, icon, count } }: { option: Option }) {
    return (
        <>
            {icon !== undefined && <span className={styles.icon}>{icon}</span>}
            <span className={styles.text} dir="auto">
                {text}
            </span>
            {count !== undefined && (
                <span className={styles.count}>
                    <span aria-hidden="true">{formatCompact(count)}</span>
                    <span className="visually-hidden">, {formatNumberOf(count, 'object')}</span>
                </span>
            )}
        </>
    );
}

/** The colour of a label, before its name. */
export function LabelSwatch({ name }: { name: string }) {
    return <span className={styles.swatch} style={{ background: fillOf(name) }} />;
}
