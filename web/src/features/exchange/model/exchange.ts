// Labels as files of other tools: what is asked for, and what an import did, as sentences.
import type { Schema } from '@/api/client.ts';
import { formatCount, formatNumberOf } from '@/lib/format.ts';

export type Format = 'coco' | 'yolo' | 'csv' | 'mot';
export type Kind = 'explicit' | 'probable' | 'all';
export type Imported = Schema<'Imported'>;
/** A video that a file is about and the project does not have. */
export type Other = Imported['others'][number];

export const FORMATS: readonly { value: Format; label: string; hint: string }[] = [
    { value: 'coco', label: 'COCO', hint: 'One JSON document, with everything that Framehound knows of an object.' },
    {
        value: 'yolo',
        label: 'YOLO',
        hint: 'A zip archive as Ultralytics lays it out. Tracks and negatives stay behind.',
    },
    { value: 'csv', label: 'CSV', hint: 'A table with a line for each object, and for each “not this”.' },
    { value: 'mot', label: 'MOTChallenge', hint: 'A zip archive with the tracks of each video.' },
];

export interface ExportOptions {
    format: Format;
    kind: Kind;
    label: string | null;
    video: string | null;
    tracks: boolean;
    images: boolean;
    allFrames: boolean;
}

/** What the server would leave out or refuse is not asked for. */
export function exportUrl(project: string, options: ExportOptions): string {
    const { format, kind, label, video } = options;
    const query = new URLSearchParams({ format, kind });
    if (label !== null) query.set('label', label);
    if (video !== null) query.set('video', video);
    if (options.tracks && format !== 'mot') query.set('tracks', 'true');
    if (options.images && format !== 'csv') query.set('images', 'true');
    if (options.allFrames && format !== 'csv' && format !== 'mot') query.set('frames', 'all');
    return `/api/v1/projects/${encodeURIComponent(project)}/export?${query}`;
}

/** The format that a file is most likely in, by its name. */
export function formatOf(name: string): Format | null {
    const end = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase();
    if (end === 'json') return 'coco';
    if (end === 'csv') return 'csv';
    if (end === 'txt') return 'mot';
    if (end === 'zip') return /mot/i.test(name) ? 'mot' : 'yolo';
    return null;
}

/** What an import would do, or has done: one sentence each. */
export function importTexts(imported: Imported): string[] {
    const {
        dry_run: dry,
        entries,
        matched,
        unmatched,
        ambiguous,
        passed_over: passedOver,
        unchanged,
        moved,
    } = imported;
    const texts = [
        `${formatCount(matched)} of ${formatNumberOf(entries, 'entry', 'entries')} are objects of this project.`,
    ];
    if (unmatched > 0)
        texts.push(`${formatNumberOf(unmatched, 'entry', 'entries')} could not be matched with any object.`);
    if (unchanged > 0) texts.push(`${formatCount(unchanged)} ${unchanged === 1 ? 'says' : 'say'} what is so already.`);
    if (moved > 0)
        texts.push(`${formatNumberOf(moved, 'object')} ${dry ? 'would get' : 'got'} another label than before.`);
    if (ambiguous > 0)
        texts.push(
            `${formatNumberOf(ambiguous, 'box', 'boxes')} ${ambiguous === 1 ? 'is of several objects' : 'are of several objects each'}: the label ${dry ? 'would be' : 'is'} for the one that the detector was surest of.`,
        );
    if (passedOver > 0)
        texts.push(
            `${formatNumberOf(passedOver, 'entry', 'entries')} of the file ${passedOver === 1 ? 'does' : 'do'} not count as labels.`,
        );
    return texts;
}

/** Those that were told of before, in their order, then new ones: they stay although they count as ours by now. */
export function addOthers(before: readonly Other[], told: readonly Other[]): readonly Other[] {
    const known = new Set(before.map(({ video }) => video));
    return [...before, ...told.filter(({ video }) => !known.has(video))];
}

/** What looks like the same clip counts as that until somebody says otherwise. */
export function withLikely(same: Readonly<Record<string, string>>, others: readonly Other[]) {
    const likely = others.flatMap(({ video, same: ours }): [string, string][] =>
        ours === null ? [] : [[video, ours]],
    );
    return { ...Object.fromEntries(likely), ...same };
}

export function changesAnything({ labels }: Imported): boolean {
    return labels.some(({ positives, negatives }) => positives + negatives > 0);
}
