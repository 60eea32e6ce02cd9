// What the player's tests need: a server with a detector that finds exactly a drawn square, and pictures taken apart.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { DEPS, startServer, type Server } from './support.ts';

const SCRIPT = resolve(import.meta.dirname, '../../tests/harness/moving_square.py');

export interface Made {
    clips: { name: string; path: string; turned: number }[];
    model: { name: string; folder: string };
    width: number;
    height: number;
    rate: number;
    seconds: number;
    size: [number, number];
    start: [number, number];
    step: [number, number];
}

export interface Site {
    server: Server;
    made: Made;
    stop: () => Promise<void>;
}

/** The installed models, and those that tests add. */
function modelsFolder(folder: string, own: { name: string; folder: string }): string {
    const models = join(folder, 'models');
    mkdirSync(models);
    for (const name of readdirSync(join(DEPS, 'models'))) symlinkSync(join(DEPS, 'models', name), join(models, name));
    cpSync(own.folder, join(models, own.name), { recursive: true });
    return models;
}

/** A server with the square's detector, and the clips with the square. */
export async function startSite(): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), 'framehound-squares-'));
    const remove = () => rmSync(folder, { recursive: true, force: true });
    try {
        const python = join(DEPS, 'venv/bin/python');
        const made = JSON.parse(execFileSync(python, [SCRIPT, join(folder, 'made')], { encoding: 'utf8' })) as Made;
        const models = modelsFolder(folder, made.model);
        const args = ['--models', models, '--detector', made.model.name];
        const server = await startServer({ name: 'player', args });
        const stop = async () => {
            await server.stop();
            remove();
        };
        return { server, made, stop };
    } catch (error) {
        remove();
        throw error;
    }
}

export interface Rect {
    x: number;
    y: number;
    width: number;
    height: number;
}

export interface Layer {
    ptsUs: number;
    picture: Rect;
    boxes: { id: string; state: string; rect: Rect }[];
}

/** What the canvas says it has drawn. */
export function layerOf(page: Page): Promise<Layer> {
    return page.getByTestId('object-layer').evaluate(canvas => (canvas as unknown as { layer: Layer }).layer);
}

/** The square's pixels, and the inner edges of the box's lines around them, in CSS pixels of the stage. */
export interface Measured {
    square: Rect;
    inner: Rect;
}

/**
 * Takes two screenshots of the stage, with and without the boxes. The square is what has its colour; the box is what
 * differs between the two, met on the way from the square's middle to the outside.
 */
export async function measureScreenshots(page: Page, scratch: Page): Promise<Measured> {
    const canvas = page.getByTestId('object-layer');
    const clip = (await canvas.boundingBox())!;
    const drawn = await page.screenshot({ clip });
    await canvas.evaluate(element => (element.style.visibility = 'hidden'));
    const bare = await page.screenshot({ clip });
    await canvas.evaluate(element => (element.style.visibility = ''));
    const ratio = await page.evaluate(() => devicePixelRatio);
    const measured = await scratch.evaluate(measurePixels, {
        drawn: drawn.toString('base64'),
        bare: bare.toString('base64'),
    });
    const scaled = (r: Rect) => ({ x: r.x / ratio, y: r.y / ratio, width: r.width / ratio, height: r.height / ratio });
    return { square: scaled(measured.square), inner: scaled(measured.inner) };
}

/** Runs in a page: two PNGs, as base64, in device pixels. */
async function measurePixels(pictures: { drawn: string; bare: string }): Promise<Measured> {
    const pixelsOf = async (base64: string) => {
        const bytes = Uint8Array.from(atob(base64), c => c.charCodeAt(0));
        const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
        context.drawImage(bitmap, 0, 0);
        return context.getImageData(0, 0, bitmap.width, bitmap.height);
    };
    const drawn = await pixelsOf(pictures.drawn);
    const bare = await pixelsOf(pictures.bare);
    const { width, height } = bare;
    const rect = (left: number, top: number, right: number, bottom: number) => ({
        x: left,
        y: top,
        width: right - left,
        height: bottom - top,
    });
    let [left, top, right, bottom] = [width, height, 0, 0];
    for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
            const at = 4 * (y * width + x);
            // Halfway between the square's colour and the background's, as the detector sees it.
            if (bare.data[at + 1]! < 138 || bare.data[at]! > 110 || bare.data[at + 2]! > 110) continue;
            left = Math.min(left, x);
            right = Math.max(right, x + 1);
            top = Math.min(top, y);
            bottom = Math.max(bottom, y + 1);
        }
    }
    const differs = (x: number, y: number) => {
        const at = 4 * (y * width + x);
        return [0, 1, 2].some(i => Math.abs(drawn.data[at + i]! - bare.data[at + i]!) > 24);
    };
    /** How many pixels from the middle are as they were. */
    const same = (stepX: number, stepY: number) => {
        let [x, y] = [Math.floor((left + right) / 2), Math.floor((top + bottom) / 2)];
        let count = 0;
        for (; x >= 0 && y >= 0 && x < width && y < height && !differs(x, y); x += stepX, y += stepY) count += 1;
        return count;
    };
    const [x, y] = [Math.floor((left + right) / 2), Math.floor((top + bottom) / 2)];
    return {
        square: rect(left, top, right, bottom),
        inner: rect(x - same(-1, 0) + 1, y - same(0, -1) + 1, x + same(1, 0), y + same(0, 1)),
    };
}

/** How far the edges of two rectangles are apart at most. */
export function edgesApart(a: Rect, b: Rect): number {
    return Math.max(
        Math.abs(a.x - b.x),
        Math.abs(a.y - b.y),
        Math.abs(a.x + a.width - b.x - b.width),
        Math.abs(a.y + a.height - b.y - b.height),
    );
}

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
    let state = seed;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let t = Math.imul(state ^ (state >>> 15), 1 | state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
}
