import { useUrlEnum, useUrlNumber, useUrlString } from '@/lib/url-state.ts';
import { NO_FILTERS, type AssertionKind, type Filters } from '../model/filters.ts';

const KINDS: readonly AssertionKind[] = ['explicit', 'probable', 'negative'];
/** In the address: what nobody put a name to. An empty value would be no filter. */
const NOBODY = '-';
const PUSH = { history: 'push' } as const;

/** The filters in the address, and how to change some of them. */
export function useFilters(): [Filters, (change: Partial<Filters>) => void] {
    const [kind, setKind] = useUrlEnum('kind', KINDS, NO_FILTERS.kind, PUSH);
    const [label, setLabel] = useUrlString('label', PUSH);
    const [by, setBy] = useUrlString('by', PUSH);
    const [from, setFrom] = useUrlString('from', PUSH);
    const [to, setTo] = useUrlString('to', PUSH);
    const [video, setVideo] = useUrlString('video', PUSH);
    const [className, setClass] = useUrlString('class', PUSH);
    const [minScore, setMinScore] = useUrlNumber('min', PUSH);
    return [
        { kind, label, by: by === NOBODY ? '' : by, from, to, video, class: className, minScore },
        change => {
            if (change.kind !== undefined) setKind(change.kind);
            if (change.label !== undefined) setLabel(change.label);
            if (change.by !== undefined) setBy(change.by === '' ? NOBODY : change.by);
            if (change.from !== undefined) setFrom(change.from);
            if (change.to !== undefined) setTo(change.to);
            if (change.video !== undefined) setVideo(change.video);
            if (change.class !== undefined) setClass(change.class);
            if (change.minScore !== undefined) setMinScore(change.minScore);
        },
    ];
}
