import { describe, expect, it } from 'vitest';
import type { Column } from './density.ts';
import { recordingContext } from './recording-context.ts';
import { SECOND } from './testing.ts';
import { paintTimeline, TIMELINE_HEIGHT, type TimelineScene } from './timeline-painter.ts';

const colours = {
    ...{ text: 'text', line: 'line', density: 'density', missing: 'missing', accent: 'accent' },
    ...{ outline: 'outline', font: 'sans' },
};

function column(second: number, more: Partial<Column> = {}): Column {
    const place = { fromUs: second * SECOND, toUs: (second + 1) * SECOND };
    return { ...place, density: null, explicit: 0, probable: 0, track: 0, ...more };
}

/** Ten seconds over 1000 pixels: a second is 100 wide. */
function painted(more: Partial<TimelineScene>) {
    const recorded = recordingContext();
    paintTimeline(recorded.context, {
        viewport: { fromUs: 0, toUs: 10 * SECOND },
        size: { width: 1000, height: TIMELINE_HEIGHT },
        pixelRatio: 1,
        ...{ columns: [], borders: [], missing: [], labelFill: null, selectedUs: null, colours },
        ...more,
    });
    const filled = (colour: string) => recorded.calls.filter(c => c.name === 'fillRect' && c.fillStyle === colour);
    return { ...recorded, filled };
}

describe('paintTimeline', () => {
    it('writes times along the ruler', () => {
        expect(painted({}).texts).toEqual([
            '0:00',
            '0:01',
            '0:02',
            '0:03',
            '0:04',
            '0:05',
            '0:06',
            '0:07',
            '0:08',
            '0:09',
        ]);
    });

    it('writes milliseconds when it shows that little', () => {
        expect(painted({ viewport: { fromUs: 0, toUs: SECOND } }).texts[1]).toBe('0:00.100');
    });

    it('draws more where there are more objects, and nothing where there are none', () => {
        const columns = [column(0, { density: 4 }), column(1, { density: 2 }), column(2, { density: 0 }), column(3)];
        const bars = painted({ columns }).filled('density');
        expect(bars.map(({ args }) => args[0])).toEqual([0, 100]);
        expect(bars[1]!.args[3]).toBeCloseTo(bars[0]!.args[3]! / 2);
        // All stand on the same line.
        expect(bars.map(({ args }) => args[1]! + args[3]!)).toEqual([46, 46]);
    });

    it('is as high as the densest part that is seen', () => {
        const columns = [column(0, { density: 100 }), column(5, { density: 1 })];
        const [bar] = painted({ columns, viewport: { fromUs: 5 * SECOND, toUs: 10 * SECOND } }).filled('density');
        expect(bar!.args[3]).toBe(26);
    });

    it('shows where the label is: strong where somebody said so, weak where it is probable', () => {
        const columns = [
            column(2, { explicit: 1 }),
            column(3, { probable: 2 }),
            column(4, { explicit: 1, probable: 1 }),
        ];
        const marks = painted({ columns, labelFill: 'red' }).filled('red');
        expect(marks.map(({ args, globalAlpha }) => [args[0], globalAlpha])).toEqual([
            [200, 1],
            [300, 0.5],
            [400, 1],
        ]);
        expect(painted({ columns }).filled('red')).toEqual([]);
    });

    it('shows where the track is, and a mark where the selected object is that has none', () => {
        const tracked = painted({ columns: [column(2, { track: 1 })] }).filled('accent');
        expect(tracked.map(({ args }) => args.slice(0, 3))).toEqual([[200, 56, 100]]);
        const [mark] = painted({ selectedUs: 5 * SECOND }).filled('accent');
        expect(mark!.args[0]! + mark!.args[2]! / 2).toBe(500);
    });

    it('keeps a mark visible that is shorter than a pixel', () => {
        const short = { ...column(2, { track: 1 }), toUs: 2 * SECOND + 100 };
        expect(painted({ columns: [short] }).filled('accent')[0]!.args[2]).toBe(2);
    });

    it('hatches what is not indexed yet, only there', () => {
        const { calls } = painted({ missing: [{ fromUs: 6 * SECOND, toUs: 20 * SECOND }] });
        expect(calls.find(({ name }) => name === 'rect')!.args.slice(0, 3)).toEqual([600, 18, 400]);
        expect(calls.filter(({ name }) => name === 'stroke')).toHaveLength(1);
        const { calls: none } = painted({ missing: [{ fromUs: 20 * SECOND, toUs: 30 * SECOND }] });
        expect(none.filter(({ name }) => name === 'stroke')).toHaveLength(0);
    });

    it('draws where segments begin, but not at the edge', () => {
        const lines = painted({ borders: [0, 3 * SECOND, 99 * SECOND] }).filled('line');
        expect(lines.filter(({ args }) => args[1] === 18).map(({ args }) => args[0])).toEqual([300]);
    });
});
