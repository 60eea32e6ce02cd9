// More windows than a browser has connections to one server.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { boxState, expectBox, labelUrl, nameByServer, parkedBicycle, type Seen } from './labelling-support.ts';
import { ingest, inPage, startBrowser, startServer, type Server } from './support.ts';

const PROJECT = 'street';
const WINDOWS = 8;

let server: Server;
let browser: Browser;
let video: string;
let bicycle: Seen;

beforeAll(async () => {
    server = await startServer({ name: 'windows', follows: false });
    browser = await startBrowser();
    video = (await ingest(server, { project: PROJECT })).id;
    bicycle = (await parkedBicycle(server, video))[0] as Seen;
});

afterAll(async () => {
    await browser.close();
    await server.stop();
});

/** This window and others of the same browser. */
async function more(page: Page): Promise<[Page, Page, ...Page[]]> {
    const windows: [Page, Page, ...Page[]] = [page, await page.context().newPage()];
    while (windows.length < WINDOWS) windows.push(await page.context().newPage());
    return windows;
}

it('shows all windows that are open, and what somebody says in each of them', async () => {
    await inPage(browser, async ({ page }) => {
        const windows = await more(page);
        for (const one of windows) {
            await one.goto(labelUrl(server, PROJECT, video, { t: bicycle.pts_us }));
            await boxState(one, bicycle.id);
        }
        await nameByServer(server, PROJECT, 'parked', { positive: [bicycle.id] });
        for (const one of windows) await expectBox(one, bicycle.id, 'explicit');
    });
});

it('shows the ingestion in all windows; those that are one too many say how often they look', async () => {
    await inPage(browser, async ({ page }) => {
        const windows = await more(page);
        for (const one of windows) {
            await one.goto(`${server.url}/activity`);
            await one.getByText('Street scene').first().waitFor();
        }
        const live = (one: Page) => one.getByText('Live', { exact: true });
        const [first, second, ...rest] = windows;
        await live(first).waitFor();
        await live(second).waitFor();
        for (const one of rest) await one.getByText('Every few seconds', { exact: true }).waitFor();
        // Those that are closed make room.
        await first.close();
        await second.close();
        await expect
            .poll(async () => (await Promise.all(rest.map(one => live(one).count()))).filter(count => count > 0).length)
            .toBe(2);
    });
});
