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
        const relabelled = said({ positive: ['a'] });
        const explicit = { name: 'red car', kind: 'explicit', score: 1 };
        expect(relabelled(seen('a')).label).toEqual(explicit);
        expect(relabelled(seen('a', { label: { name: 'bus', kind: 'explicit', score: 1 } })).label).toEqual(explicit);
        const other = seen('b', { label: probable });
        expect(relabelled(other)).toBe(other);
    });

    it('so does everything of its track', () => {
        const relabelled = said({ positive: ['a'], positiveTracks: ['v-t1'] });
        expect(relabelled(seen('b', { track: 'v-t1' })).label?.kind).toBe('explicit');
        expect(relabelled(seen('c', { track: 'v-t2' })).label).toBeNull();
    });

    it('a negative loses this label, in any spelling, and no other', () => {
        const relabelled = said({ negative: ['a'] });
        expect(relabelled(seen('a', { label: { ...probable, name: 'Red Car' } })).label).toBeNull();
        const bus = { name: 'bus', kind: 'explicit', score: 1 } as const;
        expect(relabelled(seen('a', { label: bus })).label).toBe(bus);
    });

    it('a negative of a label that is called like the class refuses the class, for its track too', () => {
        const relabelled = said({ label: 'Car', negative: ['a'], negativeTracks: ['v-t1'] });
        expect(relabelled(seen('a'))).toEqual(seen('a', { class_refused: true }));
        expect(relabelled(seen('b', { track: 'v-t1', label: probable }))).toEqual(
            seen('b', { track: 'v-t1', label: probable, class_refused: true }),
        );
        for (const other of [seen('a', { class: 'truck' }), seen('c'), seen('a', { class_refused: true })])
            expect(relabelled(other)).toBe(other);
    });

    it('a positive of such a label takes the refusal back, and one of another label does not', () => {
        const refused = seen('a', { class_refused: true });
        expect(said({ label: 'car', positive: ['a'] })(refused)).not.toHaveProperty('class_refused');
        expect(said({ positive: ['a'] })(refused)).toMatchObject({ class_refused: true, label: { name: 'red car' } });
    });
});

describe('frames that are kept', () => {
    const relabelled = said({ positive: ['a'] });

    it('change where one of their objects does, and only there', () => {
        const changed = frameOf(seen('a'), seen('b'));
        const same = frameOf(seen('c'));
        expect(relabelFrame(same, relabelled)).toBe(same);
        const painted = repaintFrames([changed, same], relabelled);
        expect(painted[0]?.objects.map(object => object.label?.name)).toEqual(['red car', undefined]);
        expect(painted[1]).toBe(same);
    });

    it('are the same where nothing changes', () => {
        const frames = [frameOf(seen('c'))];
        expect(repaintFrames(frames, relabelled)).toBe(frames);
        const nothing: (Frame | null | undefined)[] = [undefined, null];
        expect(nothing.map(kept => repaintFrames(kept, relabelled))).toEqual(nothing);
    });

    it('may be one by itself', () => {
        expect(repaintFrames(frameOf(seen('a')), relabelled).objects[0]?.label?.name).toBe('red car');
    });
});
