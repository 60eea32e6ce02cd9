// Where the picture lies in its container, and boxes of the frame's pixels on it.
import type { Schema } from '@/api/client.ts';

export interface Size {
    width: number;
    height: number;
}

export interface Rect extends Size {
    x: number;
    y: number;
}

/** [x, y, width, height] in pixels of the upright frame. */
export type Box = readonly number[];

/** How the picture is to be shown: upright, with its pixels made square. */
export function displaySize(media: Pick<Schema<'Media'>, 'width' | 'height' | 'sample_aspect_ratio'>): Size {
    const [num = 1, den = 1] = media.sample_aspect_ratio;
    const ratio = num > 0 && den > 0 ? num / den : 1;
    return { width: media.width * ratio, height: media.height };
}

/** The place `object-fit: contain` gives to content of this shape. */
export function containRect(container: Size, content: Size): Rect {
    if (content.width <= 0 || content.height <= 0)
        return { x: 0, y: 0, width: container.width, height: container.height };
    const scale = Math.min(container.width / content.width, container.height / content.height);
    const width = content.width * scale;
    const height = content.height * scale;
    return { x: (container.width - width) / 2, y: (container.height - height) / 2, width, height };
}

/**
 * A box of a frame on the picture. The frame's pixels need not be square: the whole frame fills the whole picture, so
 * each axis has its own scale.
 */
export function boxOnPicture(box: Box, frame: Size, picture: Rect): Rect {
    const [x = 0, y = 0, width = 0, height = 0] = box;
    const scaleX = frame.width > 0 ? picture.width / frame.width : 0;
    const scaleY = frame.height > 0 ? picture.height / frame.height : 0;
    return {
        x: picture.x + x * scaleX,
        y: picture.y + y * scaleY,
        width: width * scaleX,
        height: height * scaleY,
    };
}

export function contains(rect: Rect, x: number, y: number, slop = 0): boolean {
    return (
        x >= rect.x - slop && x <= rect.x + rect.width + slop && y >= rect.y - slop && y <= rect.y + rect.height + slop
    );
}

export function overlapArea(a: Rect, b: Rect): number {
    const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
    const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
    return width > 0 && height > 0 ? width * height : 0;
}

export function areaOf(size: Size): number {
    return size.width * size.height;
}

/** Intersection over union of two boxes. */
export function iou(a: Box, b: Box): number {
    const [ax = 0, ay = 0, aw = 0, ah = 0] = a;
    const [bx = 0, by = 0, bw = 0, bh = 0] = b;
    const width = Math.min(ax + aw, bx + bw) - Math.max(ax, bx);
    const height = Math.min(ay + ah, by + bh) - Math.max(ay, by);
    if (width <= 0 || height <= 0) return 0;
    const common = width * height;
    return common / (aw * ah + bw * bh - common);
}

/** The box a share `t` (0 to 1) of the way from `a` to `b`. */
export function boxBetween(a: Box, b: Box, t: number): Box {
    return a.map((value, i) => value + ((b[i] ?? value) - value) * t);
}
