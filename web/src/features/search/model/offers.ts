// What the search bar offers while one types.
import type { Schema } from '@/api/client.ts';
import { orderedLabels, type LabelOrder } from '@/lib/label-order.ts';
import { matching, nameKey } from '@/lib/matching.ts';

export type Offer =
    | { kind: 'label'; name: string; count: number; probable: number }
    | { kind: 'class'; name: string; count: number }
    | { kind: 'text'; name: string }
    | { kind: 'project'; name: string; count: number };

export interface Known {
    labels: readonly Pick<Schema<'LabelSummary'>, 'name' | 'explicit' | 'probable' | 'updated_at'>[];
    /** In which labels are listed here. */
    order: LabelOrder;
    classes: readonly { name: string; objects: number }[];
    /** Whether the server takes words. */
    text: boolean;
}

/** Of one kind: the list scrolls, and whoever wants a rarer one types. */
export const OFFERED_MOST = 20;

/** Labels before classes: they are what somebody here gave names to. */
export function offersFor(typed: string, { labels, order, classes, text }: Known): Offer[] {
    const offers: Offer[] = [
        ...matching(orderedLabels(labels, order), typed)
            .slice(0, OFFERED_MOST)
            .map(({ name, explicit, probable }) => ({ kind: 'label' as const, name, count: explicit, probable })),
        ...matching(classes, typed)
            .slice(0, OFFERED_MOST)
            .map(({ name, objects }) => ({ kind: 'class' as const, name, count: objects })),
    ];
    const words = typed.trim();
    if (text && words !== '') offers.push({ kind: 'text', name: words });
    return offers;
}

export function projectOffers(
    typed: string,
    projects: readonly Pick<Schema<'Project'>, 'name' | 'objects' | 'deleting'>[],
): Offer[] {
    return matching(
        projects.filter(({ deleting }) => !deleting),
        typed,
    )
        .slice(0, OFFERED_MOST)
        .map(({ name, objects }) => ({ kind: 'project', name, count: objects }));
}

/** The offer that is meant by what is typed: one that is called so, or else the first. */
export function meantOffer(typed: string, offers: readonly Offer[]): number | null {
    const key = nameKey(typed);
    if (key === '' || offers.length === 0) return null;
    const exact = offers.findIndex(offer => offer.kind !== 'text' && nameKey(offer.name) === key);
    return exact >= 0 ? exact : 0;
}

/** The place an arrow key leads to among `count` offers: around, by way of none (null), which is the field itself. */
export function nextOffer(at: number | null, by: 1 | -1, count: number): number | null {
    if (count === 0) return null;
    const from = at ?? (by === 1 ? -1 : count);
    const next = from + by;
    return next < 0 || next >= count ? null : next;
}
