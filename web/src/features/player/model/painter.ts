// Draws boxes and their tags on a canvas.
import { labelColour, trackColour } from '@/lib/colour.ts';
import { areaOf, type Rect, type Size } from './geometry.ts';
import { tagText, type BoxState, type DrawnBox } from './layer.ts';
import { placeTags } from './tags.ts';

export interface Palette {
    detected: string;
    selected: string;
    halo: string;
    font: string;
}

export function readPalette(element: Element): Palette {
    const style = getComputedStyle(element);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    return {
        detected: colour('--box-detected'),
        selected: colour('--box-selected'),
        halo: colour('--box-halo'),
        font: style.fontFamily,
    };
}

const DARK = '#0e1013';
const QUIET_TAG = 'rgb(14 16 19 / 78%)';
const TAG_HEIGHT = 16;
const TAG_PADDING = 4;
// From this many boxes on lines are thinner, and only what stands out has a tag.
const CROWD = 60;
const CROWD_TAGS_MOST = 40;

const LINE_WIDTHS: Record<BoxState, number> = {
    selected: 3,
    followed: 2.5,
    explicit: 2,
    probable: 2,
    tracked: 1.25,
    detected: 1.5,
};

const IMPORTANCE: readonly BoxState[] = ['detected', 'tracked', 'probable', 'explicit', 'followed', 'selected'];

export interface Scene {
    drawn: readonly DrawnBox[];
    /** Id of the object under the pointer. */
    hovered: string | null;
    /** Of the stage, in CSS pixels. */
    size: Size;
    pixelRatio: number;
    palette: Palette;
}

function colourOf({ state, placed }: DrawnBox, palette: Palette): string {
    if (state === 'selected' || state === 'followed') return palette.selected;
    const { label } = placed.object;
    return label === null ? palette.detected : labelColour(label.name).fill;
}

function strokeBox(context: CanvasRenderingContext2D, box: DrawnBox, scene: Scene, isHovered: boolean) {
    const { x, y, width, height } = box.rect;
    const thin = scene.drawn.length > CROWD && IMPORTANCE.indexOf(box.state) < 2;
    const lineWidth = (thin ? 1 : LINE_WIDTHS[box.state]) + (isHovered ? 1 : 0);
    const colour = colourOf(box, scene.palette);
    if (isHovered || box.state === 'selected') {
        context.globalAlpha = 0.14;
        context.fillStyle = colour;
        context.fillRect(x, y, width, height);
        context.globalAlpha = 1;
    }
    // A dark line around makes any colour visible on any footage.
    context.setLineDash([]);
    context.lineWidth = lineWidth + 2;
    context.strokeStyle = scene.palette.halo;
    context.strokeRect(x, y, width, height);
    if (box.state === 'probable') context.setLineDash([6, 4]);
    context.lineWidth = lineWidth;
    context.strokeStyle = colour;
    context.strokeRect(x, y, width, height);
    if (box.placed.object.track !== null) {
        context.fillStyle = trackColour(box.placed.object.track);
        context.fillRect(x - 1, y - 1, Math.min(12, width + 2), 4);
    }
}

const widths = new Map<string, number>();

function widthOf(context: CanvasRenderingContext2D, text: string): number {
    let width = widths.get(text);
    if (width === undefined) {
        if (widths.size > 2000) widths.clear();
        width = Math.ceil(context.measureText(text).width);
        widths.set(text, width);
    }
    return width;
}

function drawTag(context: CanvasRenderingContext2D, box: DrawnBox, place: Rect, text: string, palette: Palette) {
    const quiet = box.state === 'detected' || box.state === 'tracked';
    context.fillStyle = quiet ? QUIET_TAG : colourOf(box, palette);
    context.fillRect(place.x, place.y, place.width, place.height);
    context.fillStyle = quiet ? palette.detected : DARK;
    context.fillText(text, place.x + TAG_PADDING, place.y + TAG_HEIGHT / 2 + 0.5);
}

function drawTags(context: CanvasRenderingContext2D, scene: Scene, ordered: readonly DrawnBox[]) {
    context.font = `600 11px ${scene.palette.font}`;
    context.textBaseline = 'middle';
    const crowded = ordered.length > CROWD;
    const tagged = [...ordered]
        .reverse()
        .filter((box, i) => !crowded || i < CROWD_TAGS_MOST || box.placed.object.id === scene.hovered);
    const texts = tagged.map(({ placed }) => tagText(placed.object));
    const wishes = tagged.map((box, i) => ({
        rect: box.rect,
        size: { width: widthOf(context, texts[i] ?? '') + 2 * TAG_PADDING, height: TAG_HEIGHT },
        must: box.state === 'selected' || box.placed.object.id === scene.hovered,
    }));
    const places = placeTags(wishes, { x: 0, y: 0, ...scene.size });
    tagged.forEach((box, i) => {
        const place = places[i];
        if (place) drawTag(context, box, place, texts[i] ?? '', scene.palette);
    });
}

export function paint(context: CanvasRenderingContext2D, scene: Scene) {
    const { size, pixelRatio, hovered } = scene;
    context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    const rank = (box: DrawnBox) =>
        box.placed.object.id === hovered ? IMPORTANCE.length : IMPORTANCE.indexOf(box.state);
    // Small ones over large ones, important ones over all.
    const ordered = [...scene.drawn].sort((a, b) => rank(a) - rank(b) || areaOf(b.rect) - areaOf(a.rect));
    for (const box of ordered) strokeBox(context, box, scene, box.placed.object.id === hovered);
    context.setLineDash([]);
    drawTags(context, scene, ordered);
}
