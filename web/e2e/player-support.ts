// What the player's tests need: a server with a detector that finds exactly a drawn square, and pictures taken apart.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const ROOT = resolve(import.meta.dirname, '../..');
const PROGRAM = resolve(process.env.FRAMEHOUND_BIN ?? join(ROOT, 'build/framehound'));
const WEB = resolve(process.env.FRAMEHOUND_WEB ?? join(ROOT, 'build/web'));
const DEPS = resolve(process.env.FRAMEHOUND_DEPS ?? join(ROOT, '.deps'));
export const SLOWNESS = Number(process.env.FRAMEHOUND_SLOWNESS ?? 1);

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
    url: string;
    folder: string;
    made: Made;
    stop: () => Promise<void>;
}

export function makeSquares(folder: string): Made {
    const python = join(DEPS, 'venv/bin/python');
    const script = join(ROOT, 'tests/harness/moving_square.py');
    return JSON.parse(execFileSync(python, [script, folder], { encoding: 'utf8' })) as Made;
}

/** The installed models, and those that tests add. */
function modelsFolder(folder: string, own: { name: string; folder: string }): string {
    const models = join(folder, 'models');
    mkdirSync(models);
    for (const name of readdirSync(join(DEPS, 'models'))) symlinkSync(join(DEPS, 'models', name), join(models, name));
    cpSync(own.folder, join(models, own.name), { recursive: true });
    return models;
}

async function until<Value>(
    what: string,
    seconds: number,
    ask: () => Value | Promise<Value>,
): Promise<NonNullable<Value>> {
    const end = performance.now() + seconds * 1000 * SLOWNESS;
    for (;;) {
        const value = await ask();
        if (value) return value;
        if (performance.now() > end) throw new Error(`${what}: not within ${seconds * SLOWNESS} s`);
        await new Promise(after => setTimeout(after, 25));
    }
}

/** A server over an empty data folder, with the square's detector. */
export async function startSite(): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), 'framehound-player-'));
    const made = makeSquares(join(folder, 'squares'));
    const data = join(folder, 'data');
    mkdirSync(data);
    const options = ['--models', modelsFolder(folder, made.model), '--detector', made.model.name, '--web', WEB];
    const server = spawn(PROGRAM, ['up', '--data', data, '--listen', '127.0.0.1:0', ...options], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, HOME: folder },
    });
    const stop = () => end(server, folder);
    try {
        const url = await until('the server', 30, () => {
            if (server.exitCode !== null) throw new Error(`the server ended with status ${server.exitCode}`);
            const file = join(data, 'server.json');
            return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { url: string }).url : null;
        });
        return { url, folder, made, stop };
    } catch (error) {
        await stop();
        throw error;
    }
}

async function end(server: ChildProcess, folder: string): Promise<void> {
    if (server.exitCode === null) {
        const ended = new Promise(resolve => server.once('exit', resolve));
        server.kill('SIGTERM');
        await ended;
    }
    rmSync(folder, { recursive: true, force: true });
}

interface Video {
    id: string;
    state: string;
    errors: string[];
}

/** Ingests a file; its video's id when all of it is done. */
export async function ingest(site: Site, path: string, project = 'squares'): Promise<string> {
    const answer = await fetch(`${site.url}/api/v1/projects/${project}/videos`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ source: path, fps: 5 }),
    });
    const { id } = (await answer.json()) as Video;
    const video = await until(`the ingestion of ${path}`, 90, async () => {
        const now = (await (await fetch(`${site.url}/api/v1/videos/${id}`)).json()) as Video;
        return now.state === 'queued' || now.state === 'running' ? null : now;
    });
    if (video.state !== 'done') throw new Error(`${path}: ${video.state}: ${video.errors.join(' ')}`);
    return id;
}

const FLAGS =
    '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

export function startBrowser(): Promise<Browser> {
    return chromium.launch({
        executablePath: process.env.FRAMEHOUND_CHROMIUM ?? '/usr/bin/chromium',
        args: FLAGS.split(' '),
    });
}

/** A page that collects what went wrong in it. */
export async function openPage(
    browser: Browser,
    options: BrowserContextOptions,
): Promise<{ page: Page; wrong: string[] }> {
    const page = await (await browser.newContext(options)).newPage();
    const wrong: string[] = [];
    page.on('console', message => message.type() === 'error' && wrong.push(message.text()));
    page.on('pageerror', error => wrong.push(error.message));
    page.on('response', answer => answer.status() >= 400 && wrong.push(`${answer.status()} ${answer.url()}`));
    return { page, wrong };
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

/** The square's pixels, and the inner edges of the box's lines around them, in CSS pixels of the screenshot. */
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
    const stage = canvas.locator('..');
    const withBoxes = await stage.screenshot();
    await canvas.evaluate(element => (element.style.visibility = 'hidden'));
    const without = await stage.screenshot();
    await canvas.evaluate(element => (element.style.visibility = ''));
    const ratio = await page.evaluate(() => devicePixelRatio);
    const measured = await scratch.evaluate(
        async ([a, b]) => {
            const pixels = async (base64: string) => {
                const bytes = Uint8Array.from(atob(base64), c => c.charCodeAt(0));
                const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
                const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
                context.drawImage(bitmap, 0, 0);
                return context.getImageData(0, 0, bitmap.width, bitmap.height);
            };
            const drawn = await pixels(a!);
            const bare = await pixels(b!);
            const { width, height } = bare;
            const at = ({ data }: ImageData, x: number, y: number) => {
                const i = 4 * (y * width + x);
                return [data[i]!, data[i + 1]!, data[i + 2]!] as const;
            };
            let [left, top, right, bottom] = [width, height, 0, 0];
            for (let y = 0; y < height; y++) {
                for (let x = 0; x < width; x++) {
                    const [r, g, blue] = at(bare, x, y);
                    if (g < 138 || r > 110 || blue > 110) continue;
                    left = Math.min(left, x);
                    right = Math.max(right, x + 1);
                    top = Math.min(top, y);
                    bottom = Math.max(bottom, y + 1);
                }
            }
            const middleX = Math.floor((left + right) / 2);
            const middleY = Math.floor((top + bottom) / 2);
            const walk = (stepX: number, stepY: number) => {
                let [x, y] = [middleX, middleY];
                for (; x >= 0 && y >= 0 && x < width && y < height; x += stepX, y += stepY) {
                    const before = at(bare, x, y);
                    const differs = at(drawn, x, y).some((value, i) => Math.abs(value - before[i]!) > 24);
                    if (differs) break;
                }
                return stepX + stepY < 0 ? [x + 1, y + 1] : [x, y];
            };
            const [innerLeft, , innerRight, , , innerTop, , innerBottom] = [
                ...walk(-1, 0),
                ...walk(1, 0),
                ...walk(0, -1),
                ...walk(0, 1),
            ] as [number, number, number, number, number, number, number, number];
            const rect = (x: number, y: number, x2: number, y2: number) => ({ x, y, width: x2 - x, height: y2 - y });
            return {
                square: rect(left, top, right, bottom),
                inner: rect(innerLeft, innerTop, innerRight, innerBottom),
            };
        },
        [withBoxes.toString('base64'), without.toString('base64')],
    );
    const scaled = (r: Rect) => ({ x: r.x / ratio, y: r.y / ratio, width: r.width / ratio, height: r.height / ratio });
    return { square: scaled(measured.square), inner: scaled(measured.inner) };
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
