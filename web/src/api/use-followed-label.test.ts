// @vitest-environment jsdom
import { expect, it } from 'vitest';
import { labelAfter } from './use-followed-label.ts';

type Step = Parameters<typeof labelAfter>[2][number];

const step = (id: number, kind: Step['kind'], label: string, other: string | null = null, undone = false): Step => ({
    ...{ id, kind, label, other, undone },
});

it('goes with a label that was renamed, and renamed again, and merged', () => {
    const steps = [
        step(8, 'merge', 'red bike', 'bike'),
        step(7, 'examples', 'taxi'),
        step(6, 'rename', 'town bike', 'red bike'),
        step(5, 'rename', 'city bike', 'town bike'),
    ];
    expect(labelAfter('city bike', 4, steps)).toBe('bike');
    expect(labelAfter('city bike', 4, steps.slice(1))).toBe('red bike');
});

it('knows that a label was removed', () => {
    expect(labelAfter('city bike', 4, [step(5, 'delete', 'city bike')])).toBeNull();
    expect(labelAfter('city bike', 4, [step(5, 'delete', 'city bike', null, true)])).toBeUndefined();
});

it('goes back where renaming was taken back, however long ago it was done', () => {
    const renamed = step(3, 'rename', 'city bike', 'red bike', true);
    const steps = [step(10, 'undo', 'city bike', 'red bike'), step(9, 'examples', 'taxi'), renamed];
    expect(labelAfter('red bike', 9, steps)).toBe('city bike');
});

it('does not believe what was taken back before it was looked at', () => {
    const renamed = step(3, 'rename', 'city bike', 'red bike', true);
    const merged = step(5, 'merge', 'city bike', 'red bike', true);
    expect(labelAfter('red bike', 9, [step(4, 'undo', 'city bike', 'red bike'), renamed])).toBeUndefined();
    expect(labelAfter('red bike', 9, [step(10, 'undo', 'city bike', 'red bike'), merged])).toBeUndefined();
});

it('says nothing of what was so before it was looked at, or of other labels', () => {
    const steps = [
        step(9, 'rename', 'taxi', 'cab'),
        step(5, 'examples', 'city bike', null, true),
        step(3, 'rename', 'city bike', 'red bike'),
    ];
    expect(labelAfter('city bike', 4, steps)).toBeUndefined();
});
