import { SelectField } from '@/components/SelectField.tsx';
import { TextField } from '@/components/TextField.tsx';
import { STATE_FILTERS, SORTINGS, type ListView, type Sorting, type StateFilter } from '../model/video-list.ts';
import styles from './VideoToolbar.module.css';

const FILTER_NAMES: Record<StateFilter, string> = {
    all: 'All states',
    active: 'Being indexed',
    done: 'Done',
    trouble: 'Failed, incomplete or cancelled',
};
const SORTING_NAMES: Record<Sorting, string> = {
    newest: 'Newest first',
    name: 'By name',
    objects: 'Most objects first',
    longest: 'Longest first',
};

interface Props {
    view: ListView;
    onChange: (change: Partial<ListView>) => void;
}

export function VideoToolbar({ view, onChange }: Props) {
    return (
        <search className={styles.toolbar} aria-label="Videos">
            <div className={styles.name}>
                <TextField
                    type="search"
                    label="Find by name or source"
                    hideLabel
                    placeholder="Find by name or source"
                    value={view.name}
                    onChange={name => onChange({ name })}
                />
            </div>
            <SelectField
                label="State"
                hideLabel
                value={view.state}
                onChange={state => onChange({ state })}
                options={STATE_FILTERS.map(value => ({ value, label: FILTER_NAMES[value] }))}
            />
            <SelectField
                label="Order"
                hideLabel
                value={view.sort}
                onChange={sort => onChange({ sort })}
                options={SORTINGS.map(value => ({ value, label: SORTING_NAMES[value] }))}
            />
        </search>
    );
}
