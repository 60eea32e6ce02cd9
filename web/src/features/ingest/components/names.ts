// What the parts and stores are called.
import type { Part } from '../model/activity.ts';
import type { StoreName } from '../model/layout.ts';

export const PART_NAMES: Record<Part, { one: string; many: string; does: string }> = {
    splitter: { one: 'Splitter', many: 'Splitters', does: 'Fetches videos and cuts them into segments.' },
    downloader: { one: 'Downloader', many: 'Downloaders', does: 'Decodes segments and emits the sampled frames.' },
    indexer: { one: 'Indexer', many: 'Indexers', does: 'Finds the objects in frames and stores their vectors.' },
    tracker: { one: 'Tracker', many: 'Trackers', does: 'Follows each object through a video that is indexed.' },
};

export const STORE_NAMES: Record<StoreName, string> = {
    blobs: 'Blob store',
    meta: 'Meta store',
    vectors: 'Vector index',
};
