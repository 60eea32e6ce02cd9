// The drawn box against the truth: a square whose place at each time is known, through the whole system to the screen.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labelUrl } from './labelling-support.ts';
import {
    edgesApart,
    layerOf,
    measureScreenshots,
    seeded,
    startSite,
    type Layer,
    type Rect,
    type Site,
} from './player-support.ts';
import { ingest, inPage, startBrowser } from './support.ts';

const TIMES = 10;
// In the second window only the scale is another one.
const TIMES_AGAIN = 3;
const APART_MOST_PX = 2;
// Half of the line of a detected box with the dark line around it.
const LINE_HALF_PX = 1.75;

let site: Site;
let browser: Browser;
let scratch: Page;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
    site = await startSite();
    ends.push(site.stop);
    browser = await startBrowser();
    ends.push(() => browser.close());
    scratch = await browser.newPage();
});

afterAll(async () => {
    for (const end of ends.reverse()) await end();
});

/** Where the square is in the upright frame that is shown `us` after the first one. */
function squareAt(us: number, turned: number): { box: Rect; width: number; height: number } {
    const { width, height, size, start, step, rate } = site.made;
    const n = Math.round((us * rate) / 1_000_000);
    const box = { x: start[0] + step[0] * n, y: start[1] + step[1] * n, width: size[0], height: size[1] };
    if (turned === 0) return { box, width, height };
    const upright =
        turned === 90 ? { x: height - box.y - box.height, y: box.x } : { x: box.y, y: width - box.x - box.width };
    return { box: { ...upright, width: box.height, height: box.width }, width: height, height: width };
}

/** The same on the stage, by what the browser says of the video's shape. */
async function squareOnStage(page: Page, us: number, turned: number): Promise<Rect> {
    const shape = await page.locator('video').evaluate((video: HTMLVideoElement) => ({
        width: video.clientWidth,
        height: video.clientHeight,
        videoWidth: video.videoWidth,
        videoHeight: video.videoHeight,
    }));
    const scale = Math.min(shape.width / shape.videoWidth, shape.height / shape.videoHeight);
    const [width, height] = [shape.videoWidth * scale, shape.videoHeight * scale];
    const truth = squareAt(us, turned);
    return {
        x: (shape.width - width) / 2 + (truth.box.x * width) / truth.width,
        y: (shape.height - height) / 2 + (truth.box.y * height) / truth.height,
        width: (truth.box.width * width) / truth.width,
        height: (truth.box.height * height) / truth.height,
    };
}

/** The picture stands still, its boxes are drawn, and the playhead is where the picture is. */
async function stands(page: Page): Promise<Layer> {
    await page.waitForFunction(() => {
        const video = document.querySelector('video');
        const layer = document.querySelector<HTMLElement & { layer?: Layer }>('[data-testid=object-layer]')?.layer;
        const time = document.querySelector('[data-testid=time]')?.textContent.split(':') ?? [];
        if (!video?.paused || video.seeking || video.readyState < 2 || !layer?.boxes.length) return false;
        const headMs = Math.round(time.reduce((sum, part) => 60 * sum + Number(part), 0) * 1000);
        if (headMs !== Math.floor(layer.ptsUs / 1000)) return false;
        // One more frame may come after a pause: it has to be the same for a while.
        const seen = globalThis as { stood?: { ptsUs: number; looks: number } };
        if (seen.stood?.ptsUs !== layer.ptsUs) seen.stood = { ptsUs: layer.ptsUs, looks: 0 };
        seen.stood.looks += 1;
        if (seen.stood.looks < 5) return false;
        seen.stood = undefined;
        return true;
    });
    return layerOf(page);
}

/** How far a rectangle's middle is along the square's way, in frames. */
function frameOf(rect: Rect, first: Rect, second: Rect): number {
    const middle = ({ x, y, width, height }: Rect) => [x + width / 2, y + height / 2] as const;
    const [[x0, y0], [x1, y1], [x, y]] = [middle(first), middle(second), middle(rect)];
    const [stepX, stepY] = [x1 - x0, y1 - y0];
    return ((x - x0) * stepX + (y - y0) * stepY) / (stepX * stepX + stepY * stepY);
}

async function check(page: Page, turned: number) {
    const layer = await stands(page);
    expect(layer.boxes).toHaveLength(1);
    const drawn = layer.boxes[0]!.rect;
    const frameUs = 1_000_000 / site.made.rate;
    const at = `at ${layer.ptsUs} us`;
    const truth = await squareOnStage(page, layer.ptsUs, turned);
    const { square, inner } = await measureScreenshots(page, scratch);
    const outlined = {
        x: inner.x - LINE_HALF_PX,
        y: inner.y - LINE_HALF_PX,
        width: inner.width + 2 * LINE_HALF_PX,
        height: inner.height + 2 * LINE_HALF_PX,
    };
    const apart = {
        'the box as the layer says it and the square as it was painted': edgesApart(drawn, truth),
        'the square on the screen and as it was painted': edgesApart(square, truth),
        'the box and the square on the screen': edgesApart(outlined, square),
    };
    for (const [what, pixels] of Object.entries(apart))
        expect(pixels, `${what}, ${at}`).toBeLessThanOrEqual(APART_MOST_PX);
    // Two pixels are not much less than what the square moves from frame to frame: it must not be the frame beside.
    const next = await squareOnStage(page, layer.ptsUs + frameUs, turned);
    for (const [what, rect] of Object.entries({ square, box: outlined }))
        expect(Math.abs(frameOf(rect, truth, next)), `the ${what} is a frame's, ${at}`).toBeLessThan(0.5);
}

/** Clicks on the timeline, and waits until the playhead is there. */
async function seekByTimeline(page: Page, us: number) {
    const timeline = page.getByRole('slider', { name: 'Position in the video' });
    const bounds = (await timeline.boundingBox())!;
    const durationUs = 1000 * Number(await timeline.getAttribute('aria-valuemax'));
    await page.mouse.click(bounds.x + (us / durationUs) * bounds.width, bounds.y + bounds.height / 2);
    // The pointer away: what it is over would be emphasised, and the timeline's preview would cover the stage.
    await page.mouse.move(1, 1);
    const { ptsUs } = await stands(page);
    // The longest that a frame of these clips is shown, and what a pixel of the timeline stands for. Either way: of the
    // two frames around a long gap, Chromium sometimes shows the later one.
    expect(Math.abs(us - ptsUs)).toBeLessThan(560_000);
}

const windows = [
    { times: TIMES, options: { viewport: { width: 1280, height: 720 } } },
    { times: TIMES_AGAIN, options: { viewport: { width: 820, height: 1180 }, deviceScaleFactor: 1.5 } },
];

interface Frames {
    frames: { pts_us: number; objects: unknown[] }[];
}

const CLIPS = ['plain', 'turned-left', 'turned-right', 'variable-rate', 'wide-pixels', 'late-start'];

describe.each(CLIPS)('the clip %s', name => {
    let turned = 0;
    let address = '';
    let lastSampleUs = 0;

    beforeAll(async () => {
        const { path, turned: clockwise } = site.made.clips.find(candidate => candidate.name === name)!;
        turned = clockwise;
        const { id } = await ingest(site.server, { project: 'squares', name, source: path, fps: 5 });
        address = labelUrl(site.server, 'squares', id);
        const { frames } = await site.server.get<Frames>(`/videos/${id}/frames?limit=1000`);
        expect(frames.every(frame => frame.objects.length === 1)).toBe(true);
        // Long after it nobody knows what is in the picture, and nothing is drawn.
        lastSampleUs = frames.at(-1)!.pts_us;
        expect(lastSampleUs).toBeGreaterThan(site.made.seconds * 0.9 * 1_000_000);
    });

    test.each(windows)(
        'has its box on the square in a window of $options.viewport.width px',
        async ({ times, options }) => {
            await inPage(
                browser,
                async ({ page }) => {
                    await page.goto(address);
                    await stands(page);
                    const random = seeded(name.length + options.viewport.width);
                    for (let i = 0; i < times; i++) {
                        await seekByTimeline(page, random() * lastSampleUs);
                        await check(page, turned);
                    }
                },
                options,
            );
        },
    );

    test('has its box on the square after playing, and draws for the frames that are presented', async () => {
        await inPage(browser, async ({ page }) => {
            await page.goto(address);
            await stands(page);
            await page.evaluate(() => {
                const element = document.querySelector('video')!;
                const canvas = document.querySelector<HTMLElement & { layer?: Layer }>('[data-testid=object-layer]')!;
                const seen: [number, number][] = [];
                const watch: VideoFrameRequestCallback = (_, { mediaTime }) => {
                    seen.push([mediaTime * 1_000_000, canvas.layer!.ptsUs]);
                    element.requestVideoFrameCallback(watch);
                };
                element.requestVideoFrameCallback(watch);
                Object.assign(globalThis, { seen });
            });
            await page.keyboard.press('k');
            await page.waitForFunction(() => (globalThis as unknown as { seen: unknown[] }).seen.length > 20);
            await page.keyboard.press('k');
            await check(page, turned);
            const seen = await page.evaluate(() => (globalThis as unknown as { seen: [number, number][] }).seen);
            // The stream's own start is the same for all; samples' times are exact, the browser's are rounded.
            const starts = seen.map(([media, pts]) => media - pts);
            expect(Math.max(...starts) - Math.min(...starts)).toBeLessThan(1000);
        });
    });
});
