// Which of what was said is shown; kept in the address.
import type { Schema } from '@/api/client.ts';

export type AssertionKind = Schema<'Assertion'>['kind'];

export const KINDS: readonly { value: AssertionKind; label: string }[] = [
    { value: 'explicit', label: 'Named' },
    { value: 'probable', label: 'Probable' },
    { value: 'negative', label: 'Not this' },
];

export interface Filters {
    kind: AssertionKind;
    label: string | null;
    /** Empty: what nobody put a name to. */
    by: string | null;
    /** Days, "2026-03-01"; both belong to the time between them. */
    from: string | null;
    to: string | null;
    video: string | null;
    class: string | null;
    minScore: number | null;
}

export const NO_FILTERS: Filters = {
    kind: 'explicit',
    label: null,
    by: null,
    from: null,
    to: null,
    video: null,
    class: null,
    minScore: null,
};

/** Nobody said what is probable: then it has no author and no day. And only that is more or less sure. */
export function whatCounts(filters: Filters): Filters {
    return filters.kind === 'probable'
        ? { ...filters, by: null, from: null, to: null }
        : { ...filters, minScore: null };
}

export function isNarrowed(filters: Filters): boolean {
    return Object.entries(whatCounts(filters)).some(([name, value]) => name !== 'kind' && value !== null);
}

/** Midnight of a day where the person is, some days later; null where it is no day. */
function midnight(day: string, later: number): string | null {
    const [year, month, date] = day.split('-').map(Number) as [number, number?, number?];
    const at = new Date(year, (month ?? NaN) - 1, (date ?? NaN) + later);
    return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** As the server is asked. */
export function queryOf(filters: Filters) {
    const { kind, label, by, from, to, video, class: className, minScore } = whatCounts(filters);
    return {
        kind,
        label: label ?? undefined,
        by: by ?? undefined,
        from: from === null ? undefined : (midnight(from, 0) ?? undefined),
        // The server's end is not included, and a person's last day is.
        to: to === null ? undefined : (midnight(to, 1) ?? undefined),
        video: video ?? undefined,
        class: className ?? undefined,
        min_score: minScore ?? undefined,
    };
}
