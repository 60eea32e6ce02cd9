// How good a label is by now, in words. All of it is what the system expects, by what was said so far: nobody has looked.
import type { Schema } from '@/api/client.ts';
import { formatNumberOf, formatPercent } from '@/lib/format.ts';

type Quality = Pick<Schema<'Candidates'>, 'precision' | 'missing'>;

// "About 100 %" would say that it is all.
const NEARLY_ALL = 0.995;

/** As sentences; null where too little was said of the label to tell. */
export function qualityText({ precision, missing }: Quality): string | null {
    const parts: string[] = [];
    if (precision !== null)
        parts.push(
            precision >= NEARLY_ALL
                ? 'nearly all of what carries this label is probably right'
                : `about ${formatPercent(precision)} of what carries this label is probably right`,
        );
    if (missing !== null)
        parts.push(
            missing === 0
                ? 'probably nothing is left to be found'
                : `about ${formatNumberOf(missing, 'object')} ${missing === 1 ? 'is' : 'are'} probably not found yet`,
        );
    if (parts.length === 0) return null;
    const text = parts.join('; ');
    return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Whether the label is settled, and by how much that was said; null while it is not. Without a full stop. */
export function settledText(settled: boolean, { precision, missing }: Quality, said: number): string | null {
    if (!settled) return null;
    // There is nothing to ask about, and nothing by which to tell how good that is.
    if (precision === null && missing === null) return 'Too little was said to tell how good it is';
    return `Settled, as far as ${formatNumberOf(said, 'picture')} tell${said === 1 ? 's' : ''}`;
}
