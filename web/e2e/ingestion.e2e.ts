// The ingestion view: what the workers do, live, and right also after something broke.
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
    ended,
    ingest,
    inPage,
    startBrowser,
    startServer,
    submit,
    VideoHost,
    type Server,
    type Video,
} from './support.ts';

let server: Server;
let browser: Browser;
let host: VideoHost;
let address: string;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
    browser = await startBrowser();
    ends.push(() => browser.close());
    server = await startServer({ name: 'ingestion', args: ['--indexers', '2'] });
    ends.push(() => server.stop());
    host = new VideoHost();
    address = await host.start();
    ends.push(() => host.stop());
});

afterAll(async () => {
    for (const end of ends.reverse()) await end();
});

/** Notes which workers light up from now on. */
async function watchLights(page: Page) {
    await page.evaluate(() => {
        const lit = new Set<string>();
        Object.assign(globalThis, { lit });
        const look = () => {
            for (const node of document.querySelectorAll<HTMLElement>('.react-flow__node-worker'))
                if (node.getAnimations({ subtree: true }).length > 0) lit.add(node.dataset.id ?? '');
            requestAnimationFrame(look);
        };
        look();
    });
}

const lightsOf = (page: Page) =>
    page.evaluate(() => [...(globalThis as unknown as { lit: Set<string> }).lit].map(id => id.split('-')[0]).sort());

/** The figures at the top, by name. */
async function totalsOf(page: Page): Promise<Record<string, string>> {
    const texts = await page.getByLabel('Totals').locator('> div').allInnerTexts();
    const figures = texts
        .map(text => text.split('\n'))
        .map(([name = '', ...value]) => [name, value.join(' ')] as const);
    return Object.fromEntries(figures);
}

/** What the view must say of videos that are done. */
function figuresOf(videos: Video[]): Record<string, string> {
    const sum = (of: (video: Video) => number) =>
        videos.reduce((all, video) => all + of(video), 0).toLocaleString('en-GB');
    return {
        Segments: `${sum(v => v.progress.segments_done)} of ${sum(v => v.progress.segments)}`,
        Frames: `${sum(v => v.progress.frames_indexed)} of ${sum(v => v.progress.frames_emitted)}`,
        Objects: sum(v => v.progress.objects),
        Vectors: sum(v => v.progress.objects),
    };
}

/** The counters of the nodes of a part, added up. */
async function countedBy(page: Page, part: string, what: string): Promise<number> {
    const texts = await page.locator(`.react-flow__node-worker[data-id^=${part}]`).allInnerTexts();
    const counts = texts.map(text => Number(new RegExp(`(\\d+) ${what}s?\\b`).exec(text)?.[1] ?? 0));
    return counts.reduce((sum, count) => sum + count, 0);
}

test('nodes light up while a video goes through them, and count what they did', async () => {
    await inPage(browser, async ({ page }) => {
        await page.goto(`${server.url}/activity`);
        await page.getByText('Nothing was ingested yet').waitFor();
        await page.locator('.react-flow__node-worker').first().waitFor();
        await page.getByText('Live', { exact: true }).waitFor();
        await watchLights(page);
        const { id } = await submit(server);
        const row = page.getByRole('list', { name: 'Videos' }).getByRole('listitem');
        await row.getByText('Indexing').waitFor();
        await page.getByText('The video is indexed.').waitFor();
        const video = await ended(server, id);
        expect(video.progress).toMatchObject({ frames_indexed: 50, frames_failed: 0 });

        expect(new Set(await lightsOf(page))).toEqual(new Set(['downloader', 'indexer']));
        await expect.poll(() => totalsOf(page)).toMatchObject(figuresOf([video]));
        await expect.poll(() => countedBy(page, 'downloader', 'frame')).toBe(50);
        await expect.poll(() => countedBy(page, 'indexer', 'frame')).toBe(50);
        await expect.poll(() => countedBy(page, 'indexer', 'object')).toBe(video.progress.objects);
        await expect
            .poll(() => page.locator('.react-flow__node-store').allInnerTexts())
            .toContain(`Vector index\n${video.progress.objects} vectors`);
        await expect.poll(() => page.locator('.react-flow__edgelabel-renderer').innerText()).not.toContain('waiting');

        // Each node says more, and its log is its own.
        await page.locator('.react-flow__node-worker[data-id^=downloader]').click();
        const details = page.getByRole('complementary');
        await details.getByText('Process').waitFor();
        await details.getByRole('button', { name: 'Show its log' }).click();
        await page.getByText('Segment 0 decoded, 50 frames').waitFor();
        await page.getByText('The video is done').waitFor({ state: 'detached' });
        // The address says it all: opened elsewhere, it is the same.
        await page.goto(page.url());
        await page.getByText('Segment 0 decoded, 50 frames').waitFor();
        await page.getByRole('complementary').getByText('Process').waitFor();
    });
});

test('what failed for good is shown with its reason, and is done when it is retried', async () => {
    host.isThere = false;
    const { id } = await submit(server, { source: address, project: 'failing', limit_seconds: 1 });
    await inPage(browser, async ({ page }) => {
        await page.goto(`${server.url}/p/failing/activity`);
        await page.getByRole('tab', { name: /Failures/ }).click();
        const panel = page.getByRole('tabpanel');
        await panel.getByText('Fetching and cutting the video').waitFor();
        await panel.getByText(/answered 404/).waitFor();
        await page.getByText('The video could not be ingested.').waitFor();
        await page.getByRole('tab', { name: 'Failures 1' }).waitFor();
        await page.getByRole('tab', { name: 'Log' }).click();
        await page.getByLabel('Level').selectOption('Errors only');
        await page.getByText('The video failed').waitFor();

        host.isThere = true;
        await page.getByRole('tab', { name: /Failures/ }).click();
        await panel.getByRole('button', { name: 'Retry: Fetching and cutting the video' }).click();
        await page.getByText('The video is indexed.').waitFor();
        await panel.getByText('No failures').waitFor();
        await expect.poll(() => totalsOf(page)).toMatchObject(figuresOf([await ended(server, id)]));
    });
});

test('a server that was killed and started again is found by itself, and the figures are right', async () => {
    await inPage(browser, async ({ page, expectTrouble, expectPeace }) => {
        const { id } = await submit(server, { project: 'crash', fps: 10 });
        await page.goto(`${server.url}/p/crash/activity`);
        await page.getByText('Live', { exact: true }).waitFor();
        // The graph is a chunk of its own, which a server that is away cannot bring.
        await page.locator('.react-flow__node-worker').first().waitFor();
        // In the middle of it.
        await expect
            .poll(async () => (await server.get<Video>(`/videos/${id}`)).progress.frames_indexed, {
                timeout: 60_000,
                interval: 50,
            })
            .toBeGreaterThan(5);
        expectTrouble(/ERR_(CONNECTION_\w+|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE|NETWORK_\w+)/);
        const search = page.getByRole('search');
        const place = await search.boundingBox();
        await server.kill();
        await page.getByText('The server does not answer. Reconnecting…').waitFor();
        // That it is said moves nothing.
        expect(await search.boundingBox()).toEqual(place);
        // What was known stays in sight.
        expect(await page.locator('.react-flow__node-worker').count()).toBeGreaterThan(0);

        await server.start();
        await page.getByText('Live', { exact: true }).waitFor();
        expectPeace();
        const video = await ended(server, id);
        expect(video).toMatchObject({ state: 'done', progress: { frames_indexed: 100, frames_emitted: 100 } });
        await page.getByText('The video is indexed.').waitFor();
        await expect.poll(() => totalsOf(page)).toMatchObject(figuresOf([video]));
        // The workers that are there, and not those that died as well.
        await expect.poll(() => page.locator('.react-flow__node-worker[data-id^=indexer]').count()).toBe(2);
        await page.getByText('Reconnecting…').waitFor({ state: 'detached' });
    });
});

test('a server error is said with its reason, and is over when the server is well again', async () => {
    await ingest(server, { limit_seconds: 1 });
    await inPage(browser, async ({ page, expectTrouble, expectPeace }) => {
        const detail = 'the meta store cannot be read: disk I/O error';
        const problem = JSON.stringify({ title: 'Internal Server Error', status: 500, detail, code: 'internal' });
        const broken = { status: 500, contentType: 'application/problem+json', body: problem };
        await page.route(/\/api\/v1\/(projects\/street\/videos|activity)/, route => route.fulfill(broken));
        expectTrouble(/500/);
        await page.goto(`${server.url}/p/street/activity`);
        const alert = page.getByRole('alert');
        await alert.getByText('The videos could not be loaded').waitFor();
        await alert.getByText('The meta store cannot be read: disk I/O error.').waitFor();
        await page.getByText('No live view').waitFor();
        await page.unrouteAll();
        await alert.getByRole('button', { name: 'Try again' }).click();
        await page.getByRole('list', { name: 'Videos' }).getByText('Done').first().waitFor();
        await page.getByText('Live', { exact: true }).waitFor();
        expectPeace();
    });
});

/** A finger that goes up over the middle of something. */
async function swipeUp(page: Page, what: Locator) {
    const place = await what.boundingBox();
    if (place === null) throw new Error('it is not on the screen');
    const x = place.x + place.width - 20;
    const y = place.y + place.height / 2;
    const session = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', points: { x: number; y: number }[]) =>
        session.send('Input.dispatchTouchEvent', { type, touchPoints: points });
    await touch('touchStart', [{ x, y }]);
    for (let step = 1; step <= 10; step++) await touch('touchMove', [{ x, y: y - 20 * step }]);
    await touch('touchEnd', []);
}

test('on a phone the data flow goes from top to bottom, can be read, and lets the page scroll', async () => {
    await ingest(server, { limit_seconds: 1 });
    await inPage(
        browser,
        async ({ page }) => {
            await page.goto(`${server.url}/activity`);
            const graph = page.getByLabel('Data flow');
            const parts = page.locator('.react-flow__node-part');
            await parts.nth(3).waitFor();
            const zoom = () =>
                page
                    .locator('.react-flow__viewport')
                    .evaluate(element => new DOMMatrix(getComputedStyle(element).transform).a);
            await expect.poll(zoom).toBeGreaterThan(0.7);
            const frame = await graph.boundingBox();
            const places = await Promise.all((await parts.all()).map(part => part.boundingBox()));
            for (const [at, place] of places.entries()) {
                const above = places[at - 1];
                expect(place?.y).toBeGreaterThanOrEqual(above ? above.y + above.height : (frame?.y ?? 0));
                expect((place?.y ?? 0) + (place?.height ?? 0)).toBeLessThanOrEqual(
                    (frame?.y ?? 0) + (frame?.height ?? 0),
                );
            }

            await swipeUp(page, graph);
            await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(50);

            // Who looks closer goes about in it.
            await graph.scrollIntoViewIfNeeded();
            const before = await zoom();
            await page.getByRole('button', { name: 'Zoom in' }).tap();
            await expect.poll(zoom).toBeGreaterThan(before * 1.1);
            const [first] = await parts.all();
            const top = async () => ((await first?.boundingBox())?.y ?? 0) - ((await graph.boundingBox())?.y ?? 0);
            const was = await top();
            await swipeUp(page, graph);
            await expect.poll(top).toBeLessThan(was - 50);
        },
        { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
    );
});
