// The form for a new video: addresses, files, and what the server says of them.
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
    ended,
    inPage,
    startBrowser,
    startServer,
    STREET_SCENE,
    VideoHost,
    type Server,
    type Video,
    until,
} from './support.ts';

const TWO_GB = 2_000_000_000;

let server: Server;
let browser: Browser;
let host: VideoHost;
let address: string;
let hugeFile: string;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
    browser = await startBrowser();
    ends.push(() => browser.close());
    server = await startServer({ name: 'new-video', args: ['--max-upload', '1G'] });
    ends.push(() => server.stop());
    host = new VideoHost();
    address = await host.start();
    ends.push(() => host.stop());
    // A file with a hole: it has the size, and takes no room.
    hugeFile = join(server.folder, 'holiday.mp4');
    writeFileSync(hugeFile, '');
    truncateSync(hugeFile, TWO_GB);
});

afterAll(async () => {
    for (const end of ends.reverse()) await end();
});

const field = (page: Page, name: string) => page.locator(`input[name=${name}]`);

/** What stands at a field, as a screen reader says it. */
const saidOf = (page: Page, name: string) =>
    field(page, name).evaluate(input =>
        (input.getAttribute('aria-describedby') ?? '')
            .split(' ')
            .map(id => document.getElementById(id)?.textContent ?? '')
            .join(' '),
    );

async function openForm(page: Page, project = '') {
    await page.goto(`${server.url}${project === '' ? '/new' : `/p/${project}/new`}`);
    await field(page, 'source').waitFor();
}

/** The addresses of the uploads that a page begins. */
function uploadsOf(page: Page): string[] {
    const begun: string[] = [];
    page.on('request', request => {
        if (request.method() === 'PUT') begun.push(request.url());
    });
    return begun;
}

test('one key leads to the form, and what is typed then is the address', async () => {
    await inPage(browser, async ({ page }) => {
        await page.goto(server.url);
        await page.getByRole('link', { name: 'New video' }).first().waitFor();
        await page.keyboard.press('n');
        await expect.poll(() => field(page, 'source').evaluate(input => input === document.activeElement)).toBe(true);
        await page.keyboard.type('https://example.org/n.mp4');
        expect(await field(page, 'source').inputValue()).toBe('https://example.org/n.mp4');
    });
});

test('what is typed is judged while one types', async () => {
    await inPage(browser, async ({ page }) => {
        await openForm(page);
        await field(page, 'source').pressSequentially('ht');
        expect(await field(page, 'source').getAttribute('aria-invalid')).not.toBe('true');
        await field(page, 'source').fill('ftp://example.org/a.mp4');
        expect(await saidOf(page, 'source')).toContain('use http:// or https://');
        expect(await field(page, 'source').getAttribute('aria-invalid')).toBe('true');
        await field(page, 'source').fill('example.org/a.mp4');
        await field(page, 'project').click();
        await page.getByRole('button', { name: 'Use “https://example.org/a.mp4”' }).click();
        expect(await field(page, 'source').inputValue()).toBe('https://example.org/a.mp4');
        expect(await field(page, 'source').getAttribute('aria-invalid')).not.toBe('true');

        await field(page, 'project').fill('My Talks');
        await page.getByRole('button', { name: 'Use “my-talks”' }).click();
        expect(await saidOf(page, 'project')).toContain('This project is new');

        // What is wrong in the folded options is unfolded and gone to.
        await page.getByText('Options').click();
        await field(page, 'fps').fill('5000');
        expect(await saidOf(page, 'fps')).toContain('up to 1000');
        await page.getByText('Options').click();
        await page.getByRole('button', { name: 'Start indexing' }).click();
        await expect.poll(() => field(page, 'fps').evaluate(input => input === document.activeElement)).toBe(true);
    });
    expect((await server.get<{ projects: unknown[] }>('/projects')).projects).toEqual([]);
});

test('what the server says of a source stands at its field until it is changed', async () => {
    await inPage(browser, async ({ page, expectTrouble }) => {
        await openForm(page, 'talks');
        const missing = join(server.folder, 'missing.mp4');
        await field(page, 'source').fill(missing);
        expectTrouble(/404.*\/projects\/talks/);
        await page.getByRole('button', { name: 'Start indexing' }).click();
        await expect.poll(() => saidOf(page, 'source')).toContain(`There is no file ${missing}.`);
        expect(await field(page, 'source').evaluate(input => input === document.activeElement)).toBe(true);
        await page.keyboard.press('End');
        await page.keyboard.type('4');
        expect(await saidOf(page, 'source')).not.toContain('There is no file');
    });
});

test('an address that leads to nothing fails where it is watched, with the reason', async () => {
    await inPage(browser, async ({ page }) => {
        await openForm(page, 'talks');
        await field(page, 'source').fill(address.replace('street', 'nothing'));
        await page.getByRole('button', { name: 'Start indexing' }).click();
        await page.waitForURL('**/p/talks/activity?video=*');
        await page.getByText('The video could not be ingested.').waitFor();
        const id = new URL(page.url()).searchParams.get('video');
        const [reason] = (await server.get<Video>(`/videos/${id}`)).errors;
        expect(reason).toContain('404');
        await page.getByRole('status').filter({ hasText: reason! }).waitFor();
    });
});

test('an address becomes a video that can be opened', async () => {
    await inPage(browser, async ({ page }) => {
        await openForm(page, 'talks');
        await field(page, 'source').fill(address);
        await page.getByText('Options').click();
        await field(page, 'limit_seconds').fill('0:02');
        await field(page, 'name').fill('From an address');
        await page.getByRole('button', { name: 'Start indexing' }).click();
        await page.waitForURL('**/p/talks/activity?video=*');
        await page.getByText('The video is indexed.').waitFor();
        await page.getByRole('link', { name: 'Open in the labelling view' }).click();
        await page.waitForURL('**/p/talks/v/*');
        await page.getByText('From an address').first().waitFor();

        // The same again is no second video. That it was there is known by the server's clock, which is told in whole seconds.
        const { videos } = await server.get<{ videos: { created_at: string }[] }>('/projects/talks/videos');
        const created = Date.parse(videos[0]!.created_at);
        await until('the clock of the server', 10, async () => {
            const date = (await fetch(`${server.url}/healthz`)).headers.get('Date');
            return date !== null && Date.parse(date) - created > 2000;
        });
        await openForm(page, 'talks');
        await field(page, 'source').fill(address);
        await page.getByText('Options').click();
        await field(page, 'limit_seconds').fill('2');
        await page.getByRole('button', { name: 'Start indexing' }).click();
        await page.getByRole('status').filter({ hasText: 'is in this project already' }).waitFor();
        await page.getByRole('link', { name: 'Open it' }).waitFor();
    });
});

test('a file that is dropped is uploaded, and one sees how far it is', async () => {
    await inPage(browser, async ({ page }) => {
        await openForm(page, 'uploads');
        const bytes = readFileSync(STREET_SCENE).toString('base64');
        const dropped = await page.evaluateHandle(base64 => {
            const content = Uint8Array.from(atob(base64), c => c.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([content], 'dropped.mp4', { type: 'video/mp4' }));
            return transfer;
        }, bytes);
        await page.dispatchEvent('main', 'dragenter', { dataTransfer: dropped });
        await page.getByText('Drop the files to add them').waitFor();
        await page.dispatchEvent('main', 'drop', { dataTransfer: dropped });
        const row = page.getByRole('listitem').filter({ hasText: 'dropped.mp4' });
        await row.getByText('510 kB').waitFor();

        // As over a slow line, or there is nothing to see; the rest comes over a fast one.
        const line = await page.context().newCDPSession(page);
        const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 30_000 };
        await line.send('Network.emulateNetworkConditions', slow);
        await page.getByRole('button', { name: 'Upload and index' }).click();
        const bar = row.getByRole('progressbar', { name: 'Upload of dropped.mp4' });
        await expect
            .poll(async () => Number(await bar.getAttribute('aria-valuenow', { timeout: 1000 }).catch(() => 0)), {
                interval: 50,
            })
            .toBeGreaterThan(5);
        await row.getByText(/ of .* kB · \d+ %/).waitFor();

        // Whoever leaves now loses what was sent, and is asked.
        await page.getByRole('link', { name: 'Framehound, all projects' }).click();
        const leave = page.getByRole('dialog', { name: 'Stop the upload?' });
        await leave.getByRole('button', { name: 'Stay' }).click();
        await line.send('Network.emulateNetworkConditions', { ...slow, uploadThroughput: -1 });

        await page.waitForURL('**/p/uploads/activity?video=*');
        const video = await ended(server, new URL(page.url()).searchParams.get('video')!);
        expect(video).toMatchObject({ name: 'dropped.mp4', state: 'done' });
    });
});

test('a file of 2 GB is refused when it is chosen, with what to do instead', async () => {
    await inPage(browser, async ({ page }) => {
        const begun = uploadsOf(page);
        await openForm(page, 'uploads');
        await page.getByText('Up to 1.1 GB each').waitFor();
        await page.getByLabel('Video files').setInputFiles(hugeFile);
        const row = page.getByRole('listitem').filter({ hasText: 'holiday.mp4' });
        await row
            .getByRole('alert')
            .getByText(/has 2\.0 GB; this server takes up to 1\.1 GB\. Put it/)
            .waitFor();
        expect(await page.getByRole('button', { name: 'Upload and index' }).isDisabled()).toBe(true);
        await row.getByRole('button', { name: 'Take holiday.mp4 out' }).click();
        await field(page, 'source').waitFor();
        expect(begun).toEqual([]);
    });
});

test('a file of 2 GB that the server refuses is not sent whole, and the reason is shown', async () => {
    await inPage(browser, async ({ page, expectTrouble }) => {
        const begun = uploadsOf(page);
        // As after a change of its limit: the page believes that it may send the file.
        const limits = { ...(await server.get<object>('/server')), upload_bytes_max: 2 * TWO_GB };
        await page.route('**/api/v1/server', route => route.fulfill({ json: limits }));
        await openForm(page, 'uploads');
        await page.getByLabel('Video files').setInputFiles(hugeFile);
        expectTrouble(/413|ERR_CONNECTION_RESET.*uploads/);
        await page.getByRole('button', { name: 'Upload and index' }).click();
        const row = page.getByRole('listitem').filter({ hasText: 'holiday.mp4' });
        await row.getByRole('alert').getByText('The server does not take a file this large.').waitFor();
        expect(begun).toHaveLength(1);
        await page.unrouteAll({ behavior: 'ignoreErrors' });
    });
    const { videos } = await server.get<{ videos: Video[] }>('/projects/uploads/videos');
    expect(videos.map(({ name }) => name)).toEqual(['dropped.mp4']);
});
