// The player by keyboard and mouse: steps, speed, the timeline, many boxes, and a video that does not come.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labelUrl } from './labelling-support.ts';
import { layerOf, type Layer } from './player-support.ts';
import { ingest, inPage, startBrowser, startServer, STREET_SCENE, type Server } from './support.ts';

const FRAME_US = 40_000;
const SAMPLE_US = 200_000;
const ends: (() => Promise<void>)[] = [];
let server: Server;
let browser: Browser;
let address = '';

interface FrameList {
    frames: { id: string; index: number; pts_us: number; objects: unknown[] }[];
}

beforeAll(async () => {
    server = await startServer({ name: 'player' });
    ends.push(() => server.stop());
    const { id } = await ingest(server, { project: 'street', source: STREET_SCENE, fps: 5 });
    address = labelUrl(server, 'street', id);
    browser = await startBrowser();
    ends.push(() => browser.close());
});

afterAll(async () => {
    for (const end of ends.reverse()) await end();
});

/** Waits until the frame of this time is shown. */
async function shows(page: Page, us: number) {
    await expect.poll(async () => (await layerOf(page)).ptsUs, { message: `the time shown` }).toBe(us);
}

async function openAt(page: Page, us: number) {
    await page.goto(`${address}?t=${us}`);
    await page.getByTestId('object-layer').waitFor();
    await shows(page, us);
}

const isPaused = (page: Page) => page.locator('video').evaluate((video: HTMLVideoElement) => video.paused);
const timeline = (page: Page) => page.getByRole('slider', { name: 'Position in the video' });

describe('the keyboard', () => {
    test('plays and pauses, and what is looked at is in the address', async () => {
        await inPage(browser, async ({ page }) => {
            await openAt(page, 2 * SAMPLE_US);
            await page.keyboard.press('Space');
            await expect.poll(async () => (await layerOf(page)).ptsUs).toBeGreaterThan(4 * SAMPLE_US);
            await page.keyboard.press('k');
            await expect.poll(() => isPaused(page)).toBe(true);
            await expect
                .poll(async () => Number(new URL(page.url()).searchParams.get('t')) - (await layerOf(page)).ptsUs)
                .toBe(0);
        });
    });

    test('steps by sampled frame and by frame of the video', async () => {
        await inPage(browser, async ({ page }) => {
            await openAt(page, 10 * SAMPLE_US);
            await page.keyboard.press('ArrowRight');
            await shows(page, 11 * SAMPLE_US);
            await page.keyboard.press('.');
            await shows(page, 11 * SAMPLE_US + FRAME_US);
            await expect.poll(() => page.getByTestId('frame').textContent()).toBe('frame 11 + 40 ms');
            await page.keyboard.press('.');
            await shows(page, 11 * SAMPLE_US + 2 * FRAME_US);
            for (const frames of [1, 0, -1]) {
                await page.keyboard.press(',');
                await shows(page, 11 * SAMPLE_US + frames * FRAME_US);
            }
            await page.keyboard.press('ArrowRight');
            await shows(page, 11 * SAMPLE_US);
            await page.keyboard.press('ArrowLeft');
            await shows(page, 10 * SAMPLE_US);
        });
    });

    test('goes by seconds, and to both ends', async () => {
        await inPage(browser, async ({ page }) => {
            await openAt(page, 10 * SAMPLE_US);
            await page.keyboard.press('Shift+ArrowRight');
            await shows(page, 15 * SAMPLE_US);
            await page.keyboard.press('Shift+ArrowLeft');
            await shows(page, 10 * SAMPLE_US);
            await page.keyboard.press('End');
            await shows(page, 10_000_000 - FRAME_US);
            await page.keyboard.press('Home');
            await shows(page, 0);
        });
    });

    test('ends before the time limit, by key, click and step, though the file goes on', async () => {
        const limited = await ingest(server, { project: 'street', fps: 5, limit_seconds: 2 });
        await inPage(browser, async ({ page }) => {
            await page.goto(`${labelUrl(server, 'street', limited.id)}?t=${SAMPLE_US}`);
            await shows(page, SAMPLE_US);
            await page.keyboard.press('End');
            await shows(page, 2_000_000 - FRAME_US);
            await page.keyboard.press('.');
            await page.keyboard.press('ArrowLeft');
            await shows(page, 9 * SAMPLE_US);
            const { x, y, width, height } = (await timeline(page).boundingBox())!;
            await page.mouse.click(x + width - 0.5, y + height / 2);
            await shows(page, 2_000_000 - FRAME_US);
            await expect.poll(() => page.getByTestId('time').textContent()).toBe('0:01.960');
        });
    });

    test('changes the speed, and says it', async () => {
        await inPage(browser, async ({ page }) => {
            await openAt(page, 0);
            const speed = page.getByRole('combobox', { name: 'Speed' });
            const rate = () => page.locator('video').evaluate((video: HTMLVideoElement) => video.playbackRate);
            await page.keyboard.press('>');
            await expect.poll(() => speed.inputValue()).toBe('1.5');
            expect(await rate()).toBe(1.5);
            await page.keyboard.press('<');
            await page.keyboard.press('<');
            await expect.poll(() => speed.inputValue()).toBe('0.75');
            await speed.selectOption('2');
            expect(await rate()).toBe(2);
        });
    });

    test('goes from box to box, hides them and shows them again', async () => {
        await inPage(browser, async ({ page }) => {
            const { frames } = await server.get<FrameList>(`/videos/${address.split('/').at(-1)}/frames?limit=1000`);
            const crowded = frames.find(frame => frame.objects.length >= 2)!;
            await openAt(page, crowded.pts_us);
            await expect.poll(async () => (await layerOf(page)).boxes.length).toBe(crowded.objects.length);
            const selected = async () => (await layerOf(page)).boxes.filter(box => box.state === 'selected');
            await page.keyboard.press(']');
            await expect.poll(async () => (await selected()).length).toBe(1);
            const [first] = await selected();
            await page.keyboard.press(']');
            await expect.poll(async () => (await selected())[0]?.id).not.toBe(first!.id);
            expect(new URL(page.url()).searchParams.get('sel')).toBe((await selected())[0]!.id);
            await page.keyboard.press('Escape');
            await expect.poll(async () => (await selected()).length).toBe(0);
            await page.keyboard.press('b');
            await expect.poll(async () => (await layerOf(page)).boxes.length).toBe(0);
            await page.keyboard.press('b');
            await expect.poll(async () => (await layerOf(page)).boxes.length).toBe(crowded.objects.length);
        });
    });
});

describe('the timeline', () => {
    test('seeks where it is clicked and dragged', async () => {
        await inPage(browser, async ({ page }) => {
            await openAt(page, 0);
            const { x, y, width, height } = (await timeline(page).boundingBox())!;
            const at = async (share: number) => {
                const us = share * 10_000_000;
                await expect
                    .poll(async () => Math.abs((await layerOf(page)).ptsUs - us))
                    .toBeLessThan(FRAME_US + 10_000_000 / width);
            };
            await page.mouse.click(x + 0.3 * width, y + height / 2);
            await at(0.3);
            await page.mouse.move(x + 0.3 * width, y + height / 2);
            await page.mouse.down();
            await page.mouse.move(x + 0.7 * width, y + height / 2, { steps: 8 });
            await at(0.7);
            await page.mouse.up();
            // Let go: moving on does not seek.
            await page.mouse.move(x + 0.1 * width, y + height / 2, { steps: 4 });
            await at(0.7);
        });
    });

    test('shows less of the video with each zoom, around the playhead, and all of it again', async () => {
        await inPage(browser, async ({ page }) => {
            await openAt(page, 25 * SAMPLE_US);
            const { x, y, width, height } = (await timeline(page).boundingBox())!;
            const more = page.getByRole('button', { name: 'Timeline: show more' });
            expect(await more.isDisabled()).toBe(true);
            await page.keyboard.press('+');
            await page.keyboard.press('+');
            await expect.poll(() => more.isDisabled()).toBe(false);
            // A quarter of ten seconds, the playhead in the middle: a quarter of the width is 0.625 s.
            await page.mouse.click(x + 0.75 * width, y + height / 2);
            await expect
                .poll(async () => Math.abs((await layerOf(page)).ptsUs - 5_625_000))
                .toBeLessThan(FRAME_US + 4000);
            await page.mouse.wheel(0, 5000);
            await expect.poll(() => more.isDisabled()).toBe(true);
        });
    });
});

test('two hundred boxes are drawn, in every frame that is presented', async () => {
    await inPage(browser, async ({ page }) => {
        await page.route('**/frames?*', async route => {
            const answer = await route.fetch();
            const list = (await answer.json()) as FrameList;
            list.frames.forEach((frame, n) => {
                frame.objects = Array.from({ length: 200 }, (_, k) => ({
                    id: `${frame.id}-${String(k).padStart(3, '0')}`,
                    box: [(k % 20) * 30 + n, Math.floor(k / 20) * 24, 24, 18],
                    ...{ class: 'car', score: 0.5, label: null, track: `${frame.id.slice(0, 16)}-t${k}` },
                }));
            });
            await route.fulfill({ response: answer, json: list });
        });
        await openAt(page, 0);
        await expect.poll(async () => (await layerOf(page)).boxes.length).toBe(200);
        await page.evaluate(() => {
            const video = document.querySelector('video')!;
            const canvas = document.querySelector<HTMLElement & { layer?: Layer }>('[data-testid=object-layer]')!;
            const seen: [number, number, number][] = [];
            const watch: VideoFrameRequestCallback = (_, { mediaTime }) => {
                const { ptsUs, boxes } = canvas.layer!;
                seen.push([Math.round(mediaTime * 1e6), ptsUs, boxes.length]);
                video.requestVideoFrameCallback(watch);
            };
            video.requestVideoFrameCallback(watch);
            Object.assign(globalThis, { seen });
        });
        await page.keyboard.press('k');
        await page.waitForFunction(() => (globalThis as unknown as { seen: unknown[] }).seen.length > 10);
        await page.keyboard.press('k');
        const seen = await page.evaluate(() => (globalThis as unknown as { seen: [number, number, number][] }).seen);
        for (const [media, drawn, boxes] of seen) {
            expect(Math.abs(media - drawn)).toBeLessThan(1000);
            expect(boxes).toBe(200);
        }
    });
});

describe('a video that does not come', () => {
    test('is said, its stored pictures are shown with their boxes, and it can be tried again', async () => {
        await inPage(browser, async ({ page, expectTrouble, expectPeace }) => {
            expectTrouble(/\/stream/, /503/);
            await page.route('**/stream', route => route.fulfill({ status: 503, body: '' }));
            await page.goto(`${address}?t=${10 * SAMPLE_US}`);
            const notice = page.getByRole('status').filter({ hasText: 'stored pictures' });
            await notice.waitFor();
            expect(await notice.textContent()).toContain('The video could not be fetched');
            await page.getByRole('img', { name: 'The video at 0:02.000' }).waitFor();
            await page.keyboard.press('ArrowRight');
            await page.getByRole('img', { name: 'The video at 0:02.200' }).waitFor();
            await page.unroute('**/stream');
            expectPeace();
            await page.getByRole('button', { name: 'Try again' }).click();
            await page.locator('video').waitFor();
            await expect.poll(() => page.locator('video').evaluate((v: HTMLVideoElement) => v.readyState)).toBe(4);
            await shows(page, 11 * SAMPLE_US);
            expect(await notice.count()).toBe(0);
        });
    });

    test('that is unknown is said, with a way on', async () => {
        await inPage(browser, async ({ page, expectTrouble }) => {
            expectTrouble(/404/);
            await page.goto(`${server.url}/p/street/v/0123456789abcdef`);
            await page.getByText('There is no video 0123456789abcdef.').waitFor();
            await page.getByRole('link', { name: 'All videos of street' }).waitFor();
        });
    });
});
