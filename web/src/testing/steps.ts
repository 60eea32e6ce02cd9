// A labelling step as the server would tell it.
import type { Schema } from '@/api/client.ts';

export function stepOf(kind: Schema<'Step'>['kind'], facts: Partial<Schema<'Step'>> = {}): Schema<'Step'> {
    return {
        id: 1,
        kind,
        label: 'red car',
        other: null,
        positive: 0,
        negative: 0,
        labels: 1,
        cleared: 0,
        at: '2026-03-01T10:00:00Z',
        by: null,
        undone: false,
        undone_at: null,
        ...facts,
    };
}
