import { formatNumberOf } from '@/lib/format.ts';
import { chooseLabelOrder, LABEL_ORDERS, useLabelOrder, type LabelOrder } from '@/lib/label-order.ts';
import styles from './LabelTools.module.css';

const ORDER_NAMES: Record<LabelOrder, string> = {
    recent: 'Recently used',
    name: 'By name',
    count: 'Most objects',
};

interface Props {
    /** How many labels there are. */
    count: number;
    typed: string;
    onType: (typed: string) => void;
}

/** Above a list of labels: finds one by its name, and says in which order they are. */
export function LabelTools({ count, typed, onType }: Props) {
    const order = useLabelOrder();
    return (
        <div className={styles.tools}>
            <input
                type="search"
                aria-label="Find a label by its name"
                placeholder={`Find one of ${formatNumberOf(count, 'label')}…`}
                className={styles.filter}
                value={typed}
                onChange={event => onType(event.target.value)}
            />
            <select
                aria-label="Order of the labels"
                className={styles.order}
                value={order}
                onChange={event => {
                    const chosen = LABEL_ORDERS.find(one => one === event.target.value);
                    if (chosen !== undefined) chooseLabelOrder(chosen);
                }}
            >
                {LABEL_ORDERS.map(one => (
                    <option key={one} value={one}>
                        {ORDER_NAMES[one]}
                    </option>
                ))}
            </select>
        </div>
    );
}
