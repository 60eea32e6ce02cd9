import { describe, expect, it } from 'vitest';
import type { Schema } from '@/api/client.ts';
import { relabel, relabelFrame, repaintFrames, type Said } from './repaint.ts';

type Frame = Schema<'Frame'>;
type SeenObject = Frame['objects'][number];

function seen(id: string, facts: Partial<SeenObject> = {}): SeenObject {
    return { id, box: [0, 0, 10, 10], class: 'car', score: 0.7, track: null, label: null, ...facts };
}

function frameOf(...objects: SeenObject[]): Frame {
    return { id: 'v-00000001', index: 1, pts_us: 0, width: 640, height: 360, state: 'indexed', objects };
}

const said = (facts: Partial<Said>) => relabel({ label: 'red car', positive: [], negative: [], ...facts });
const probable = { name: 'red car', kind: 'probable', score: 0.8 } as const;

describe('after naming', () => {
    it('a positive carries the label, whatever it carried before', () => {
        const labelOf = said({ positive: ['a'] });
        const explicit = { name: 'red car', kind: 'explicit', score: 1 };
        expect(labelOf(seen('a'))).toEqual(explicit);
        expect(labelOf(seen('a', { label: { name: 'bus', kind: 'explicit', score: 1 } }))).toEqual(explicit);
        expect(labelOf(seen('b', { label: probable }))).toBe(probable);
    });

    it('so does everything of its track', () => {
        const labelOf = said({ positive: ['a'], positiveTracks: ['v-t1'] });
        expect(labelOf(seen('b', { track: 'v-t1' }))?.kind).toBe('explicit');
        expect(labelOf(seen('c', { track: 'v-t2' }))).toBeNull();
    });

    it('a negative loses this label, in any spelling, and no other', () => {
        const labelOf = said({ negative: ['a'] });
        expect(labelOf(seen('a', { label: { ...probable, name: 'Red Car' } }))).toBeNull();
        const bus = { name: 'bus', kind: 'explicit', score: 1 } as const;
        expect(labelOf(seen('a', { label: bus }))).toBe(bus);
    });
});

describe('frames that are kept', () => {
    const labelOf = said({ positive: ['a'] });

    it('change where one of their objects does, and only there', () => {
        const changed = frameOf(seen('a'), seen('b'));
        const same = frameOf(seen('c'));
        expect(relabelFrame(same, labelOf)).toBe(same);
        const painted = repaintFrames([changed, same], labelOf);
        expect(painted[0]?.objects.map(object => object.label?.name)).toEqual(['red car', undefined]);
        expect(painted[1]).toBe(same);
    });

    it('are the same where nothing changes', () => {
        const frames = [frameOf(seen('c'))];
        expect(repaintFrames(frames, labelOf)).toBe(frames);
        const nothing: (Frame | null | undefined)[] = [undefined, null];
        expect(nothing.map(kept => repaintFrames(kept, labelOf))).toEqual(nothing);
    });

    it('may be one by itself', () => {
        expect(repaintFrames(frameOf(seen('a')), labelOf).objects[0]?.label?.name).toBe('red car');
    });
});
