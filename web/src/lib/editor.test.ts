import { expect, it } from 'vitest';
import { cleanEditorName } from './editor.ts';

it.each([
    ['', ''],
    ['   ', ''],
    ['  Ann Bee ', 'Ann Bee'],
    ['Ann\tBee\n', 'Ann Bee'],
    ['\u0000', ''],
    ['Zoë Ångström', 'Zoë Ångström'],
])('tells %j as %j', (typed, told) => expect(cleanEditorName(typed)).toBe(told));

it('is no longer than the server takes it, and cuts no character in two', () => {
    expect(cleanEditorName('x'.repeat(101))).toBe('x'.repeat(100));
    expect(cleanEditorName('😀'.repeat(101))).toBe('😀'.repeat(100));
});
