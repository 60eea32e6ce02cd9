// Which videos are listed, and in what order.
import { isActive } from '@/api/video.ts';
import { shownSource } from './source.ts';
import type { Video } from './video-state.ts';

export const STATE_FILTERS = ['all', 'active', 'done', 'trouble'] as const;
export type StateFilter = (typeof STATE_FILTERS)[number];
export const SORTINGS = ['newest', 'name', 'objects', 'longest'] as const;
export type Sorting = (typeof SORTINGS)[number];

export interface ListView {
    name: string;
    state: StateFilter;
    sort: Sorting;
}

/** Below this many, there is nothing to sort through. */
export const MANY = 8;

const names = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

function isIn(filter: StateFilter, state: Video['state']): boolean {
    switch (filter) {
        case 'all':
            return true;
        case 'active':
            return isActive({ state });
        case 'done':
            return state === 'done';
        case 'trouble':
            return state === 'failed' || state === 'incomplete' || state === 'cancelled';
    }
}

const ORDER: Record<Sorting, ((a: Video, b: Video) => number) | undefined> = {
    newest: undefined, // as the server gives them
    name: (a, b) => names.compare(a.name, b.name),
    objects: (a, b) => b.progress.objects - a.progress.objects,
    longest: (a, b) => b.media.duration_us - a.media.duration_us,
};

function plain(text: string): string {
    return text
        .normalize('NFKD')
        .replace(/\p{Mark}/gu, '')
        .toLowerCase();
}

export function listed(videos: readonly Video[], view: ListView): readonly Video[] {
    const words = plain(view.name).split(/\s+/).filter(Boolean);
    const kept = videos.filter(
        video =>
            isIn(view.state, video.state) &&
            words.every(word => plain(`${video.name} ${shownSource(video.source)}`).includes(word)),
    );
    const order = ORDER[view.sort];
    return order === undefined ? kept : kept.toSorted(order);
}

/** Whether the list shows all there is in the server's order: then pages can come one by one. */
export function isPlain(view: ListView): boolean {
    return view.name.trim() === '' && view.state === 'all' && view.sort === 'newest';
}
