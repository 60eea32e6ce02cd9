// Labelling steps as sentences, for undo, redo and the messages about what was done.
import type { Schema } from '@/api/client.ts';
import { formatNumberOf } from '@/lib/format.ts';

type Step = Schema<'Step'>;
export type StepFacts = Pick<Step, 'kind' | 'label' | 'labels' | 'other' | 'positive' | 'negative' | 'cleared'>;

/** “red car”. */
export function quoted(name: string): string {
    return `“${name}”`;
}

/** With who it was, where that was told and is somebody else. */
export function withEditor(text: string, by: string | null, me: string): string {
    return by === null || by === me ? text : `${text} (${by})`;
}

/** What was done, without a full stop: "named 12 objects “red car”, 3 are not it". */
export function stepText(step: StepFacts): string {
    // Only an import is about several labels, and then about none by name.
    const label = step.labels > 1 ? formatNumberOf(step.labels, 'label') : quoted(step.label);
    const other = quoted(step.other ?? '');
    switch (step.kind) {
        case 'rename':
            return `renamed ${label} to ${other}`;
        case 'merge':
            return `merged ${label} into ${other}`;
        case 'delete':
            return `removed the label ${label}`;
        // The server says of these what they are about; should one come without, it is still a sentence.
        case 'undo':
            return `took back a step of ${label}`;
        case 'redo':
            return `did a step of ${label} again`;
        case 'keep':
            return `confirmed what was said of ${formatNumberOf(step.positive + step.negative, 'object')} for ${label}`;
        case 'import': {
            const named = `imported ${label} for ${formatNumberOf(step.positive, 'object')}`;
            return step.negative > 0 ? `${named}, ${step.negative} are not it` : named;
        }
        case 'examples': {
            const parts = [];
            if (step.positive > 0) parts.push(`named ${formatNumberOf(step.positive, 'object')} ${label}`);
            if (step.negative > 0) {
                const are = step.negative === 1 ? 'is' : 'are';
                parts.push(
                    step.positive > 0
                        ? `${step.negative} ${are} not it`
                        : `said that ${formatNumberOf(step.negative, 'object')} ${are} not ${label}`,
                );
            }
            if (step.cleared > 0)
                parts.push(`took back what was said of ${formatNumberOf(step.cleared, 'object')} for ${label}`);
            return parts.length === 0 ? `changed ${label}` : parts.join(', ');
        }
    }
}
