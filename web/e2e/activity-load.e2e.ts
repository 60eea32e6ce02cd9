// The ingestion view with 100 workers and 500 events a second. What is checked is that nothing is lost and nothing is counted
// twice, also after the stream broke; how smooth it was is printed, and is no verdict of a test.
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ActivityServer } from './activity-server.ts';

const WEB = process.env.FRAMEHOUND_WEB ?? new URL('../dist', import.meta.url).pathname;
const WATCH_MS = Number(process.env.FRAMEHOUND_LOAD_MS ?? 10_000);
const CHROMIUM = process.env.FRAMEHOUND_CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--no-proxy-server',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
];

let browser: Browser;
const server = new ActivityServer(WEB, { processes: 20, eventsPerSecond: 500 });
let address: string;

beforeAll(async () => {
    address = await server.start();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
});

afterAll(async () => {
    await browser.close();
    server.stop();
});

/** Pictures a second, the long tasks (above 50 ms) and the worst gap between two pictures. */
function watch(page: Page, ms: number) {
    return page.evaluate(
        duration =>
            new Promise<{ fps: number; longTasks: number[]; gap95: number; worstGap: number }>(resolve => {
                const longTasks: number[] = [];
                new PerformanceObserver(list => {
                    for (const entry of list.getEntries()) longTasks.push(Math.round(entry.duration));
                }).observe({ type: 'longtask' });
                const gaps: number[] = [];
                const start = performance.now();
                let last = start;
                const step = (now: number) => {
                    gaps.push(now - last);
                    last = now;
                    if (now - start < duration) return void requestAnimationFrame(step);
                    gaps.sort((a, b) => a - b);
                    const fps = Math.round((gaps.length * 1000) / (now - start));
                    const gap95 = Math.round(gaps[Math.floor(gaps.length * 0.95)] ?? 0);
                    resolve({ fps, longTasks, gap95, worstGap: Math.round(gaps.at(-1) ?? 0) });
                };
                requestAnimationFrame(step);
            }),
        ms,
    );
}

/** The frames the indexers' nodes say they have finished, by the details of the part. */
async function framesShown(page: Page): Promise<number> {
    const text = await page
        .locator('aside dt', { hasText: /^Frames$/ })
        .locator('xpath=../dd')
        .innerText();
    return Number(text.replaceAll(',', ''));
}

test('a hundred workers with five hundred events a second are followed without losing one', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    const errors: string[] = [];
    page.on('pageerror', error => errors.push(error.message));
    await page.goto(`${address}/activity?node=part:indexer`);
    await expect.poll(() => page.locator('.react-flow__node-worker').count()).toBe(100);
    await page.waitForTimeout(2000);

    const before = server.sentEvents;
    const figures = await watch(page, WATCH_MS);
    const rate = Math.round((server.sentEvents - before) / (WATCH_MS / 1000));
    console.log(`100 workers, ${rate} events/s: ${JSON.stringify(figures)}`);

    await page.locator('[data-tab=log]').waitFor();
    await page.goto(`${address}/activity?node=part:indexer&level=detail`);
    await page.waitForTimeout(2000);
    console.log(`the same with the log of each frame: ${JSON.stringify(await watch(page, WATCH_MS / 2))}`);

    server.goAway();
    await page.getByText('Reconnecting…').first().waitFor();
    server.comeBack();
    await page.getByText('Live', { exact: true }).waitFor();
    // However far behind a slow machine is, it shows all in the end.
    server.rest();
    await expect.poll(() => framesShown(page)).toBe(server.indexed());
    expect(errors).toEqual([]);
    await page.close();
});
