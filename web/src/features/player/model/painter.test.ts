import { describe, expect, it } from 'vitest';
import { labelColour, trackColour } from '@/lib/colour.ts';
import type { BoxState, DrawnBox } from './layer.ts';
import { paint, type Scene } from './painter.ts';
import { recordingContext } from './recording-context.ts';
import { EXPLICIT, object, placedOf, PROBABLE, type ObjectInFrame } from './testing.ts';

const palette = { detected: 'pale', selected: 'orange', halo: 'dark', font: 'sans' };

function drawn(id: string, state: BoxState, more: Partial<ObjectInFrame> = {}, rect = [100, 100, 80, 60]): DrawnBox {
    const [x = 0, y = 0, width = 0, height = 0] = rect;
    return { placed: placedOf(object(rect, { id, ...more })), state, rect: { x, y, width, height } };
}

function painted(boxes: DrawnBox[], more: Partial<Scene> = {}) {
    const recorded = recordingContext();
    const scene = { drawn: boxes, hovered: null, size: { width: 640, height: 480 }, pixelRatio: 1, palette, ...more };
    paint(recorded.context, scene);
    return recorded;
}

/** The lines drawn, without the dark ones around them. */
const lines = (boxes: DrawnBox[], more: Partial<Scene> = {}) =>
    painted(boxes, more).calls.filter(({ name, strokeStyle }) => name === 'strokeRect' && strokeStyle !== 'dark');

describe('paint', () => {
    it('clears what was there, in the pixels of the screen', () => {
        const { calls } = painted([], { pixelRatio: 2 });
        expect(calls[0]).toMatchObject({ name: 'setTransform', args: [2, 0, 0, 2, 0, 0] });
        expect(calls[1]).toMatchObject({ name: 'clearRect', args: [0, 0, 640, 480] });
    });

    it('draws a box exactly where it is, with a dark line under the coloured one', () => {
        const strokes = painted([drawn('a', 'detected')]).calls.filter(({ name }) => name === 'strokeRect');
        expect(strokes.map(({ args }) => args)).toEqual([
            [100, 100, 80, 60],
            [100, 100, 80, 60],
        ]);
        expect(strokes.map(({ strokeStyle }) => strokeStyle)).toEqual(['dark', 'pale']);
        expect(strokes[0]!.lineWidth).toBeGreaterThan(strokes[1]!.lineWidth);
    });

    it('tells the states apart by colour and line', () => {
        const label = labelColour(EXPLICIT!.name).fill;
        const line = (state: BoxState, more: Partial<ObjectInFrame> = {}) => lines([drawn('a', state, more)])[0]!;
        expect(line('detected').strokeStyle).toBe('pale');
        expect(line('explicit', { label: EXPLICIT })).toMatchObject({ strokeStyle: label, dash: [] });
        expect(line('probable', { label: PROBABLE })).toMatchObject({ strokeStyle: label, dash: [6, 4] });
        expect(line('selected', { label: EXPLICIT }).strokeStyle).toBe('orange');
        expect(line('followed', { label: EXPLICIT }).strokeStyle).toBe('orange');
        expect(line('selected').lineWidth).toBeGreaterThan(line('followed').lineWidth);
    });

    it('marks a track with its own colour', () => {
        const fills = painted([drawn('a', 'tracked', { track: 'v-t7' })]).calls.filter(
            ({ name }) => name === 'fillRect',
        );
        expect(fills.map(({ fillStyle }) => fillStyle)).toContain(trackColour('v-t7'));
    });

    it('draws small boxes over large ones, and what matters over all', () => {
        const order = lines([
            drawn('selected', 'selected', {}, [0, 0, 300, 300]),
            drawn('small', 'detected', {}, [10, 10, 20, 20]),
            drawn('large', 'detected', {}, [0, 0, 200, 200]),
        ]);
        expect(order.map(({ args }) => args[2])).toEqual([200, 20, 300]);
    });

    it('draws what the pointer is over last', () => {
        const boxes = [drawn('a', 'detected', {}, [0, 0, 50, 50]), drawn('b', 'selected', {}, [0, 0, 60, 60])];
        expect(lines(boxes, { hovered: 'a' }).at(-1)!.args[2]).toBe(50);
    });

    it('writes the class, the label, or the probable label', () => {
        const texts = painted([
            drawn('a', 'detected', {}, [10, 100, 90, 60]),
            drawn('b', 'explicit', { label: EXPLICIT }, [200, 100, 90, 60]),
            drawn('c', 'probable', { label: PROBABLE }, [400, 100, 120, 60]),
        ]).texts;
        expect(texts).toHaveLength(3);
        expect(texts.find(text => text.startsWith('car'))).toBeDefined();
        expect(texts).toContain('red car');
        expect(texts.find(text => text.startsWith('red car?'))).toBeDefined();
    });

    it('draws every box of a crowd, thinner, and tags only of the most important', () => {
        const crowd = Array.from({ length: 200 }, (_, i) =>
            drawn(`o${i}`, 'detected', {}, [(i % 20) * 32, Math.floor(i / 20) * 48, 30, 20]),
        );
        const strokes = lines(crowd);
        expect(strokes).toHaveLength(200);
        expect(strokes[0]!.lineWidth).toBe(1);
        const { texts } = painted([...crowd, drawn('label', 'explicit', { label: EXPLICIT }, [300, 200, 90, 90])]);
        expect(texts.length).toBeLessThanOrEqual(41);
        expect(texts).toContain('red car');
    });
});
