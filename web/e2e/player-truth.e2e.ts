// The drawn box against the truth: a square whose place at each time is known, through the whole system to the screen.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
    edgesApart,
    ingest,
    layerOf,
    measureScreenshots,
    openPage,
    seeded,
    startBrowser,
    startSite,
    type Layer,
    type Rect,
    type Site,
} from './player-support.ts';

const TIMES = 10;
const APART_MOST_PX = 2;
// Half of the line of a detected box with the dark line around it.
const LINE_HALF_PX = 1.75;

let site: Site;
let browser: Browser;
let scratch: Page;

beforeAll(async () => {
    site = await startSite();
    browser = await startBrowser();
    scratch = await browser.newPage();
});

afterAll(async () => {
    await browser.close();
    await site.stop();
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

/** The picture stands still, its boxes are drawn, and nothing is on its way. */
async function stands(page: Page): Promise<Layer> {
    await page.waitForFunction(() => {
        const video = document.querySelector('video');
        const canvas = document.querySelector<HTMLElement & { layer?: Layer }>('[data-testid=object-layer]');
        const slider = document.querySelector('[role=slider]');
        if (!video?.paused || video.seeking || video.readyState < 2 || !canvas?.layer?.boxes.length) return false;
        return Math.abs(Number(slider?.getAttribute('aria-valuenow')) - canvas.layer.ptsUs / 1000) <= 1;
    });
    await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
    return layerOf(page);
}

async function check(page: Page, turned: number) {
    const layer = await stands(page);
    expect(layer.boxes).toHaveLength(1);
    const drawn = layer.boxes[0]!.rect;
    const truth = await squareOnStage(page, layer.ptsUs, turned);
    const { square, inner } = await measureScreenshots(page, scratch);
    const outlined = {
        x: inner.x - LINE_HALF_PX,
        y: inner.y - LINE_HALF_PX,
        width: inner.width + 2 * LINE_HALF_PX,
        height: inner.height + 2 * LINE_HALF_PX,
    };
    const at = `at ${layer.ptsUs} us`;
    expect(edgesApart(drawn, truth), `the box drawn and where the square was painted, ${at}`).toBeLessThanOrEqual(
        APART_MOST_PX,
    );
    expect(edgesApart(square, truth), `the square on the screen and where it was painted, ${at}`).toBeLessThanOrEqual(
        APART_MOST_PX,
    );
    expect(edgesApart(outlined, square), `the box and the square on the screen, ${at}`).toBeLessThanOrEqual(
        APART_MOST_PX,
    );
}

/** Clicks on the timeline, and waits until that moment is shown. */
async function seekByTimeline(page: Page, share: number) {
    const timeline = page.getByRole('slider', { name: 'Position in the video' });
    const bounds = (await timeline.boundingBox())!;
    await page.mouse.click(bounds.x + share * bounds.width, bounds.y + bounds.height / 2);
    // The pointer away: what it is over would be emphasised, and the timeline's preview would cover the stage.
    await page.mouse.move(1, 1);
    // The longest that a frame of these clips is shown, and the width of a pixel.
    await page.waitForFunction(
        us => {
            const canvas = document.querySelector<HTMLElement & { layer?: Layer }>('[data-testid=object-layer]');
            return Math.abs((canvas?.layer?.ptsUs ?? -1e9) - us) < 560_000 && !document.querySelector('video')?.seeking;
        },
        share * site.made.seconds * 1_000_000,
    );
}

const windows = [
    { viewport: { width: 1280, height: 720 } },
    { viewport: { width: 820, height: 1180 }, deviceScaleFactor: 1.5 },
];

describe.each(['plain', 'rotated', 'variable-rate', 'wide-pixels', 'late-start'])('the clip %s', name => {
    let video = '';
    let turned = 0;

    beforeAll(async () => {
        const clip = site.made.clips.find(candidate => candidate.name === name)!;
        turned = clip.turned;
        video = await ingest(site, clip.path);
    });

    test.each(windows)('has its box on the square in a window of %o', async options => {
        const { page, wrong } = await openPage(browser, options);
        await page.goto(`${site.url}/p/squares/v/${video}`);
        await stands(page);
        const random = seeded(name.length + options.viewport.width);
        for (let i = 0; i < TIMES; i++) {
            await seekByTimeline(page, random());
            await check(page, turned);
        }
        expect(wrong).toEqual([]);
        await page.context().close();
    });

    test('has its box on the square after playing, and draws for the frames that are presented', async () => {
        const { page, wrong } = await openPage(browser, windows[0]!);
        await page.goto(`${site.url}/p/squares/v/${video}`);
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
        await page.waitForFunction(() => document.querySelector('video')!.currentTime > 2.5);
        await page.keyboard.press('k');
        await check(page, turned);
        const seen = await page.evaluate(() => (globalThis as unknown as { seen: [number, number][] }).seen);
        expect(seen.length).toBeGreaterThan(10);
        // The first is the one shown before; the offset of the stream is the same for all.
        const offsets = seen.slice(1).map(([media, pts]) => Math.round((media - pts) / 1000));
        expect(new Set(offsets).size).toBe(1);
        expect(wrong).toEqual([]);
        await page.context().close();
    });
});
