// Projects and videos: from the first visit to deleting them again.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ingest, inPage, startBrowser, startServer, type Server, type Video } from './support.ts';

let server: Server;
let browser: Browser;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
    browser = await startBrowser();
    ends.push(() => browser.close());
    server = await startServer({ name: 'projects' });
    ends.push(() => server.stop());
});

afterAll(async () => {
    for (const end of ends.reverse()) await end();
});

const card = (page: Page, project: string) =>
    page.getByRole('list', { name: 'Projects' }).getByRole('listitem').filter({ hasText: project });

/** All pictures in there have come, and show something. */
async function expectPictures(page: Page, selector: string, count: number) {
    const pictures = page.locator(`${selector} img`);
    await expect.poll(() => pictures.count()).toBe(count);
    await expect
        .poll(() => pictures.evaluateAll(all => all.filter(one => (one as HTMLImageElement).naturalWidth > 0).length))
        .toBe(count);
}

test('the first visit says how to begin, and leads to a project', async () => {
    await inPage(browser, async ({ page }) => {
        await page.goto(server.url);
        await page.getByText('Start with a video').waitFor();
        expect(await page.title()).toContain('Projects');
        await page.getByRole('button', { name: 'New project' }).click();

        // The name is judged as it is typed, and a good one is offered.
        const dialog = page.getByRole('dialog', { name: 'New project' });
        await page.keyboard.type('Holiday 2024');
        await dialog.getByText('Use lower-case letters.').waitFor();
        await dialog.getByRole('button', { name: 'Use “holiday-2024”' }).click();
        await dialog.getByRole('button', { name: 'Create project' }).click();
        await page.waitForURL('**/p/holiday-2024');
        await page.getByText('No videos yet').waitFor();

        await page.getByRole('link', { name: 'Framehound, all projects' }).click();
        await card(page, 'holiday-2024').getByText('No videos yet').waitFor();
    });
    const { projects } = await server.get<{ projects: { name: string }[] }>('/projects');
    expect(projects.map(({ name }) => name)).toEqual(['holiday-2024']);
});

test('something is there before the application is', async () => {
    await inPage(browser, async ({ page }) => {
        let release: (() => void) | undefined;
        const held = new Promise<undefined>(free => (release = () => free(undefined)));
        await page.route('**/assets/**', async route => {
            await held;
            await route.continue();
        });
        await page.goto(server.url, { waitUntil: 'commit' });
        const loading = page.getByRole('status').getByText('Loading…');
        await loading.waitFor();
        expect(await page.locator('#boot').evaluate(boot => getComputedStyle(boot).display)).toBe('block');
        release?.();
        await page.getByRole('list', { name: 'Projects' }).waitFor();
        expect(await loading.isVisible()).toBe(false);
        expect(await page.locator('#boot').isVisible()).toBe(false);
    });
});

test('projects and videos show what is in them', async () => {
    const video = await ingest(server);
    await inPage(browser, async ({ page }) => {
        await page.goto(server.url);
        const counts = `1 video · ${video.progress.frames_indexed} frames · ${video.progress.objects} objects`;
        // The spaces in it do not break.
        await card(page, 'street')
            .getByText(new RegExp(counts.replaceAll(' ', '\\s')))
            .waitFor();
        await expectPictures(page, 'li', 1);

        await card(page, 'street').getByRole('link', { name: 'street' }).click();
        await page.waitForURL('**/p/street');
        const row = page.getByRole('listitem').filter({ hasText: 'Street scene' });
        await row.getByText('Done').waitFor();
        await row.getByText('0:10').waitFor();
        expect(await row.locator('dl').innerText()).toMatch(
            new RegExp(`frames\\s+${video.progress.frames_indexed}\\s+objects\\s+${video.progress.objects}$`),
        );
        await expectPictures(page, 'li', 1);
        await row.getByRole('link', { name: 'Open: Street scene' }).click();
        await page.waitForURL(`**/p/street/v/${video.id}*`);
        await page.locator('video').waitFor();
    });
});

test('a video that could not be had says why where it is listed', async () => {
    const { id } = await server.request<Video>('POST', '/projects/street/videos', {
        source: `${server.url}/api/v1/nothing.mp4`,
        name: 'Not there',
    });
    await inPage(browser, async ({ page }) => {
        await page.goto(`${server.url}/p/street`);
        const row = page.getByRole('listitem').filter({ hasText: 'Not there' }).first();
        // The list follows the state by itself.
        await row.getByText('Failed').waitFor();
        const [error] = (await server.get<Video>(`/videos/${id}`)).errors;
        await row.getByText(error!).waitFor();
        await row.getByRole('button', { name: '1 error' }).click();
        await row.getByText(error!).waitFor({ state: 'hidden' });
        // Nothing of it can be shown either, and that view says why.
        await page.goto(`${server.url}/p/street/v/${id}`);
        await page.getByText('There is nothing of this video to be shown.').waitFor();
        await page.getByText(error!, { exact: false }).waitFor();
    });
    await server.request('DELETE', `/videos/${id}`);
});

test('a video is deleted when what is lost was said', async () => {
    const video = await ingest(server, { name: 'The beginning', limit_seconds: 1 });
    await inPage(browser, async ({ page }) => {
        await page.goto(`${server.url}/p/street`);
        const row = page.getByRole('listitem').filter({ hasText: 'The beginning' });
        const ask = async () => {
            await row.getByRole('button', { name: 'Actions for The beginning' }).click();
            await page.getByRole('menuitem', { name: 'Delete…' }).click();
            return page.getByRole('dialog', { name: 'Delete The beginning?' });
        };
        const dialog = await ask();
        await dialog.getByText(`${video.progress.frames_indexed} frames`).waitFor();
        await dialog.getByText('The source itself is not touched.').waitFor();
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
        expect((await server.get<Video>(`/videos/${video.id}`)).state).toBe('done');

        await (await ask()).getByRole('button', { name: 'Delete video' }).click();
        await row.waitFor({ state: 'detached' });
        await page.getByText('The beginning was deleted.').waitFor();
    });
    await expect(server.get(`/videos/${video.id}`)).rejects.toThrow('404');
});

test('a video that is deleted while it is looked at says so, in each view of it', async () => {
    const { id } = await ingest(server, { name: 'The middle', limit_seconds: 1 });
    await inPage(browser, async watching => {
        await watching.page.goto(`${server.url}/p/street/activity?video=${id}`);
        await watching.page.getByRole('heading', { name: 'Videos' }).waitFor();
        await inPage(browser, async ({ page, expectTrouble }) => {
            await page.goto(`${server.url}/p/street/v/${id}`);
            await page.getByTestId('object-layer').waitFor();
            for (const one of [watching, { expectTrouble }]) one.expectTrouble(/404/);
            await server.request('DELETE', `/videos/${id}`);
            await page.getByRole('alert').getByText('The middle was deleted').waitFor();
            await page.getByRole('link', { name: 'All videos of street' }).click();
            await page.getByRole('heading', { name: 'Street scene' }).waitFor();
        });
        await watching.page.getByText('The video could not be loaded').waitFor();
        await watching.page.getByRole('link', { name: 'Show all videos' }).click();
        await watching.page.getByRole('link', { name: 'Street scene', exact: true }).waitFor();
    });
});

test('a video is found in its own project, whatever project the address names', async () => {
    const { videos } = await server.get<{ videos: Video[] }>('/projects/street/videos');
    const video = videos.find(({ name }) => name === 'Street scene')!;
    await inPage(browser, async ({ page }) => {
        await page.goto(`${server.url}/p/holiday-2024/v/${video.id}?t=200000`);
        await page.waitForURL(`**/p/street/v/${video.id}?t=200000`);
        await page.getByTestId('object-layer').waitFor();
        await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name: 'street' }).waitFor();
    });
});

test('a project is deleted only when its name was typed', async () => {
    await inPage(browser, async ({ page }) => {
        await page.goto(`${server.url}/p/street`);
        await page.getByRole('button', { name: 'Actions for this project' }).click();
        await page.getByRole('menuitem', { name: 'Delete project…' }).click();
        const dialog = page.getByRole('dialog', { name: 'Delete project street?' });
        await dialog.getByText(/1 video, \d+ frames and \d+ objects will be lost/).waitFor();
        const button = dialog.getByRole('button', { name: 'Delete project' });
        expect(await button.isDisabled()).toBe(true);
        await page.keyboard.type('stree');
        expect(await button.isDisabled()).toBe(true);
        await page.keyboard.type('t');
        await page.keyboard.press('Enter');
        await page.waitForURL(url => url.pathname === '/');
        await card(page, 'holiday-2024').waitFor();
        await card(page, 'street').waitFor({ state: 'detached' });
    });
    await expect.poll(() => server.get('/projects/street').catch(String)).toContain('404');
});

test('a list that cannot be loaded says so, and is there after another try', async () => {
    await inPage(browser, async ({ page, expectTrouble, expectPeace }) => {
        const detail = 'the meta store is busy: try again in a moment';
        const problem = { type: 'about:blank', title: 'Service Unavailable', status: 503, detail };
        await page.route('**/api/v1/projects?*', route =>
            route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
        );
        expectTrouble(/503/);
        await page.goto(server.url);
        const state = page.getByRole('alert');
        await state.getByText('The projects could not be loaded').waitFor();
        await state.getByText('The meta store is busy: try again in a moment.').waitFor();
        await page.unroute('**/api/v1/projects?*');
        expectPeace();
        await state.getByRole('button', { name: 'Try again' }).click();
        await card(page, 'holiday-2024').waitFor();
    });
});

test('what is not there is said, with a way on', async () => {
    await inPage(browser, async ({ page, expectTrouble }) => {
        await page.goto(`${server.url}/no/such/page`);
        await page.getByText('There is no such page').waitFor();
        expectTrouble(/404.*\/projects\/nothing/);
        await page.goto(`${server.url}/p/nothing`);
        await page.getByText('There is no project nothing').waitFor();
        await page.getByRole('link', { name: 'All projects', exact: true }).click();
        await card(page, 'holiday-2024').waitFor();
    });
});

test('on a phone a video has its name, and what can be done with it is on the screen', async () => {
    const name = 'High street on a Monday';
    const video = await ingest(server, { project: 'phone', name, limit_seconds: 1 });
    const viewport = { width: 390, height: 844 };
    await inPage(
        browser,
        async ({ page }) => {
            await page.goto(`${server.url}/p/phone`);
            const row = page.getByRole('listitem').filter({ hasText: name }).first();
            await row.getByText('Done').waitFor();
            const title = row.getByRole('link', { name, exact: true });
            expect(await title.evaluate(link => link.parentElement?.clientWidth ?? 0)).toBeGreaterThan(150);
            for (const part of [title, row.getByText('Done'), row.getByRole('link', { name: `Open: ${name}` })]) {
                const place = await part.boundingBox();
                expect((place?.x ?? viewport.width) + (place?.width ?? 0)).toBeLessThanOrEqual(viewport.width);
            }
            await row.getByRole('link', { name: `Open: ${name}` }).tap();
            await page.waitForURL(`**/p/phone/v/${video.id}*`);
            // The video's whole name, the way back to the project, and the search, which opens when it is touched.
            const crumbs = page.getByRole('navigation', { name: 'Breadcrumb' });
            const crumb = crumbs.getByText(name);
            expect(await crumb.evaluate(text => text.scrollWidth - text.clientWidth)).toBe(0);
            const back = await crumbs.getByRole('link', { name: 'phone' }).boundingBox();
            expect(Math.min(back?.width ?? 0, back?.height ?? 0)).toBeGreaterThanOrEqual(32);
            // Beside both names the search keeps to its place.
            const search = await page.getByRole('search').boundingBox();
            const field = await page.getByRole('combobox', { name: 'Search phone' }).boundingBox();
            expect((field?.x ?? 0) + (field?.width ?? 0)).toBeLessThanOrEqual((search?.x ?? 0) + (search?.width ?? 0));
            expect(field?.width).toBeGreaterThanOrEqual(32);
            const picture = page.getByRole('button', { name: 'Search by a picture' });
            expect(await picture.isVisible()).toBe(false);
            await page.getByRole('combobox', { name: 'Search phone' }).tap();
            await picture.waitFor();
            const open = await page.getByRole('combobox', { name: 'Search phone' }).boundingBox();
            expect(open?.width).toBeGreaterThan(viewport.width / 2);
            await page.keyboard.press('Escape');
            await crumbs.getByRole('link', { name: 'phone' }).tap();
            await page.waitForURL('**/p/phone');
        },
        { viewport, hasTouch: true, isMobile: true },
    );
});

test('the cards of projects are alike, however many pictures there are to show, and of whatever shape', async () => {
    for (const limit_seconds of [1, 1.1, 1.2, 1.3])
        await ingest(server, { project: 'mosaic', name: `for ${limit_seconds} s`, limit_seconds, fps: 1 });
    // As of videos that a phone has taken.
    const upright =
        '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="160"><rect width="90" height="160" fill="teal"/></svg>';
    await inPage(browser, async ({ page }) => {
        await page.route('**/api/v1/videos/*/image', route =>
            route.fulfill({ contentType: 'image/svg+xml', body: upright }),
        );
        await page.goto(server.url);
        const heights = async (project: string, count: number) => {
            const pictures = card(page, project).locator('[data-count]');
            await expect
                .poll(() =>
                    pictures
                        .locator('img')
                        .evaluateAll(all => all.filter(one => (one as HTMLImageElement).naturalHeight > 0).length),
                )
                .toBe(count);
            return (await pictures.boundingBox())?.height;
        };
        expect(await heights('mosaic', 4)).toBe(await heights('phone', 1));
    });
});
