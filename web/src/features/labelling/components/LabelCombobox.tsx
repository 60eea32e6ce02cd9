import { useId, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type Ref } from 'react';
import type { Schema } from '@/api/client.ts';
import { LabelSwatch, OptionList } from '@/components/OptionList.tsx';
import { formatNumberOf } from '@/lib/format.ts';
import { orderedLabels } from '@/lib/label-order.ts';
import { matching } from '@/lib/matching.ts';
import { cleanLabelName, findLabel } from '../model/label-name.ts';
import styles from './LabelCombobox.module.css';

type Label = Pick<Schema<'LabelSummary'>, 'name' | 'explicit' | 'updated_at'>;

const OFFERED_MOST = 50;
const GAP = 4;

interface Props {
    label: string;
    placeholder?: string;
    labels: readonly Label[];
    value: string;
    onChange: (value: string) => void;
    error?: string | undefined;
    ref?: Ref<HTMLInputElement>;
}

/** A text field that offers the labels there are, those first that were used last. Enter takes the chosen one; with none chosen it submits the form. */
export function LabelCombobox({ label, placeholder, labels, value, onChange, error, ref }: Props) {
    const id = useId();
    const field = useRef<HTMLDivElement>(null);
    const [open, setOpen] = useState(false);
    const [active, setActive] = useState<number | null>(null);
    // The next thing to be named is most often what the last one was.
    const ordered = useMemo(() => orderedLabels(labels, 'recent'), [labels]);
    const fitting = useMemo(() => matching(ordered, value), [ordered, value]);
    const offered = fitting.slice(0, OFFERED_MOST);
    const isNew = value.trim() !== '' && findLabel(labels, value) === undefined;
    const shown = open && (offered.length > 0 || isNew);
    const at = active === null || offered.length === 0 ? null : Math.min(active, offered.length - 1);
    const chosen = at === null ? undefined : offered[at];

    function choose(name: string) {
        onChange(name);
        setOpen(false);
        setActive(null);
    }

    function onKeyDown(event: KeyboardEvent) {
        if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault();
            setOpen(true);
            const count = offered.length;
            if (count === 0) return;
            const from = active ?? (event.key === 'ArrowDown' ? -1 : count);
            setActive((from + (event.key === 'ArrowDown' ? 1 : -1) + count) % count);
        } else if (event.key === 'Enter' && shown && chosen !== undefined) {
            event.preventDefault();
            choose(chosen.name);
        } else if (event.key === 'Enter') {
            setOpen(false);
        } else if (event.key === 'Escape' && shown) {
            event.preventDefault();
            event.stopPropagation();
            setOpen(false);
            setActive(null);
        }
    }

    return (
        <div ref={field} className={styles.field}>
            <input
                ref={ref}
                type="text"
                role="combobox"
                aria-label={label}
                aria-expanded={shown}
                aria-controls={shown ? `${id}-list` : undefined}
                aria-autocomplete="list"
                aria-activedescendant={shown && at !== null ? `${id}-${at}` : undefined}
                aria-invalid={error !== undefined || undefined}
                aria-describedby={error === undefined ? undefined : `${id}-error`}
                autoComplete="off"
                spellCheck={false}
                placeholder={placeholder}
                className={styles.input}
                value={value}
                onChange={event => {
                    onChange(event.target.value);
                    setOpen(true);
                    setActive(null);
                }}
                onFocus={() => setOpen(true)}
                onBlur={() => setOpen(false)}
                onKeyDown={onKeyDown}
            />
            {shown && (
                <Offers
                    id={id}
                    label={label}
                    anchor={() => field.current?.getBoundingClientRect()}
                    offered={offered}
                    active={at}
                    fresh={isNew ? cleanLabelName(value) : null}
                    left={fitting.length - offered.length}
                    onChoose={choose}
                />
            )}
            <p id={`${id}-error`} className={styles.error} aria-live="polite">
                {error}
            </p>
        </div>
    );
}

interface OffersProps {
    id: string;
    label: string;
    anchor: () => DOMRect | undefined;
    offered: readonly Label[];
    active: number | null;
    /** The name of the label that would be made. */
    fresh: string | null;
    /** How many more fit what is typed. */
    left: number;
    onChoose: (name: string) => void;
}

function Offers({ id, label, anchor, offered, active, fresh, left, onChoose }: OffersProps) {
    const ref = useRef<HTMLDivElement>(null);
    useLayoutEffect(() => {
        // In the top layer, so that no panel cuts it off.
        ref.current?.showPopover();
    }, []);
    useLayoutEffect(() => {
        const list = ref.current;
        const at = anchor();
        if (list === null || at === undefined) return;
        const below = at.bottom + GAP + list.offsetHeight <= window.innerHeight;
        const left = Math.min(at.left, window.innerWidth - list.offsetWidth - GAP);
        list.style.left = `${Math.max(GAP, left)}px`;
        list.style.minWidth = `${at.width}px`;
        list.style.top = `${below ? at.bottom + GAP : Math.max(GAP, at.top - GAP - list.offsetHeight)}px`;
    });
    const options = offered.map(({ name, explicit }) => ({
        key: name,
        text: name,
        icon: <LabelSwatch name={name} />,
        count: explicit,
    }));
    return (
        <OptionList
            ref={ref}
            popover="manual"
            className={styles.popover}
            id={id}
            label={label}
            groups={[{ options }]}
            active={active}
            onChoose={at => {
                const chosen = offered[at];
                if (chosen !== undefined) onChoose(chosen.name);
            }}
            after={
                fresh !== null ? (
                    <p className={styles.fresh}>
                        New label <b>{fresh}</b>
                    </p>
                ) : (
                    left > 0 && (
                        <p className={styles.fresh}>
                            and {formatNumberOf(left, 'more', 'more')}: type a part of the name
                        </p>
                    )
                )
            }
        />
    );
}
