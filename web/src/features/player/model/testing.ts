// Frames and objects for the tests of the model.
import type { Schema } from '@/api/client.ts';
import type { PlacedBox } from './samples.ts';

export type Frame = Schema<'Frame'>;
export type ObjectInFrame = Schema<'Object'>;

export const VIDEO = '0123456789abcdef';
export const SECOND = 1_000_000;

export function object(box: number[], more: Partial<ObjectInFrame> = {}): ObjectInFrame {
    return { id: `${VIDEO}-object`, box, class: 'car', score: 0.8, track: null, label: null, ...more };
}

/** A frame of 640 × 480; its objects are numbered as the server numbers them. */
export function frame(ptsUs: number, objects: ObjectInFrame[], more: Partial<Frame> = {}): Frame {
    const index = more.index ?? Math.round(ptsUs / 200_000);
    const id = `${VIDEO}-${String(index).padStart(8, '0')}`;
    return {
        id,
        index,
        pts_us: ptsUs,
        width: 640,
        height: 480,
        state: 'indexed',
        objects: objects.map((one, k) => ({ ...one, id: `${id}-${String(k).padStart(3, '0')}` })),
        ...more,
    };
}

export function placedOf(one: ObjectInFrame, more: Partial<PlacedBox> = {}): PlacedBox {
    return { object: one, frame: frame(0, [one]), box: one.box, twin: null, ...more };
}

export const EXPLICIT: Schema<'Label'> = { name: 'red car', kind: 'explicit', score: 1 };
export const PROBABLE: Schema<'Label'> = { name: 'red car', kind: 'probable', score: 0.91 };
