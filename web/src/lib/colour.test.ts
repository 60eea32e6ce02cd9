import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { contrast, fillOf, LABEL_FILLS, labelColour } from './colour.ts';

describe('labelColour', () => {
    it('is the same for the same name, however it is composed', () => {
        expect(labelColour('red bicycle')).toEqual(labelColour('red bicycle'));
        expect(fillOf('caf\u00e9')).toBe(fillOf('cafe\u0301'));
    });

    it('spreads names over all hues', () => {
        const used = new Set(Array.from({ length: 200 }, (_, i) => fillOf(`label ${i}`)));
        expect(used.size).toBe(LABEL_FILLS.length);
    });

    it('can be read', () => {
        for (const fill of LABEL_FILLS) expect(contrast(fill, labelColour('x').text)).toBeGreaterThanOrEqual(4.5);
    });
});

describe('tokens', () => {
    const css = readFileSync('src/styles/tokens.css', 'utf8');
    const [, dark = '', light = ''] = css.split(/:root(?:\[data-theme='light'\])? \{/);
    const read = (block: string) =>
        new Map(
            [...block.matchAll(/--([\w-]+): (#[0-9a-f]{3,6});/g)].map(([, name, hex = '']) => [
                name,
                hex.length === 4 ? hex.replace(/[0-9a-f]/g, '$&$&') : hex,
            ]),
        );

    it.each([
        ['dark', read(dark)],
        ['light', read(light)],
    ])('are readable in the %s theme', (_theme, tokens) => {
        const ratio = (a: string, b: string) => contrast(tokens.get(a) ?? '', tokens.get(b) ?? '');
        for (const surface of ['bg', 'surface', 'surface-2']) {
            for (const text of ['text', 'text-2', 'text-3', 'accent-text', 'danger', 'success', 'warning', 'info'])
                expect(ratio(text, surface), `${text} on ${surface}`).toBeGreaterThanOrEqual(4.5);
            for (const mark of ['border-control', 'part-downloader', 'part-indexer', 'part-splitter', 'part-tracker'])
                expect(ratio(mark, surface), `${mark} on ${surface}`).toBeGreaterThanOrEqual(3);
        }
        for (const tone of ['accent', 'danger', 'success', 'warning', 'info']) {
            const text = tone === 'accent' ? 'accent-text' : tone;
            expect(ratio(text, `${tone}-soft`), `${text} on ${tone}-soft`).toBeGreaterThanOrEqual(4.5);
        }
        expect(ratio('on-accent', 'accent')).toBeGreaterThanOrEqual(4.5);
        expect(ratio('on-danger', 'danger-fill')).toBeGreaterThanOrEqual(4.5);
    });
});
