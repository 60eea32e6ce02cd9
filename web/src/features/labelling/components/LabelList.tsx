import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import type { Schema } from '@/api/client.ts';
import { LabelTools } from '@/components/LabelTools.tsx';
import { ObjectThumb } from '@/components/ObjectThumb.tsx';
import { classNames } from '@/lib/class-names.ts';
import { fillOf } from '@/lib/colour.ts';
import { formatCompact } from '@/lib/format.ts';
import { orderedLabels, useLabelOrder } from '@/lib/label-order.ts';
import { matching } from '@/lib/matching.ts';
import styles from './LabelList.module.css';

type Label = Schema<'LabelSummary'>;

const ROW = 44;

interface Props {
    labels: readonly Label[];
    chosen: string | null;
    onChoose: (name: string) => void;
}

/** Every label with its colour and counts, to be found by its name. */
export function LabelList({ labels, chosen, onChoose }: Props) {
    const [typed, setTyped] = useState('');
    const scroller = useRef<HTMLDivElement>(null);
    const order = useLabelOrder();
    const ordered = useMemo(() => orderedLabels(labels, order), [labels, order]);
    const shown = useMemo(() => matching(ordered, typed), [ordered, typed]);
    // eslint-disable-next-line react-hooks/incompatible-library -- not memoised by the compiler, and need not be
    const virtualizer = useVirtualizer({
        count: shown.length,
        getScrollElement: () => scroller.current,
        estimateSize: () => ROW,
        getItemKey: index => shown[index]?.name ?? index,
        overscan: 6,
    });
    return (
        <div className={styles.panel}>
            <div className={styles.tools}>
                <LabelTools count={labels.length} typed={typed} onType={setTyped} />
            </div>
            <div ref={scroller} className={styles.scroller}>
                {shown.length === 0 && <p className={styles.none}>No label is called that.</p>}
                <ul className={styles.list} style={{ height: virtualizer.getTotalSize() }}>
                    {virtualizer.getVirtualItems().map(item => {
                        const label = shown[item.index];
                        if (label === undefined) return null;
                        return (
                            <li
                                key={item.key}
                                className={styles.item}
                                style={{ transform: `translateY(${item.start}px)` }}
                            >
                                <button
                                    type="button"
                                    className={classNames(styles.label, label.name === chosen && styles.chosen)}
                                    aria-current={label.name === chosen || undefined}
                                    onClick={() => onChoose(label.name)}
                                >
                                    <span className={styles.swatch} style={{ background: fillOf(label.name) }} />
                                    <span className={styles.example}>
                                        {label.example !== null && (
                                            <ObjectThumb object={label.example} alt="" size={34} />
                                        )}
                                    </span>
                                    <span className={styles.name} dir="auto">
                                        {label.name}
                                    </span>
                                    <span className={styles.counts}>
                                        <Counts label={label} />
                                    </span>
                                </button>
                            </li>
                        );
                    })}
                </ul>
            </div>
        </div>
    );
}

/** A label of noes only names nothing: it says what they are. */
function Counts({ label: { explicit, probable, negatives } }: { label: Label }) {
    if (explicit === 0 && probable === 0 && negatives > 0)
        return (
            <>
                <b>{formatCompact(negatives)}</b> not this
            </>
        );
    return (
        <>
            <b>{formatCompact(explicit)}</b> named
            {probable > 0 && <>, {formatCompact(probable)} probable</>}
        </>
    );
}
