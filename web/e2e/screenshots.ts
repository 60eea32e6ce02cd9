// The pictures of the documentation, one a view; scripts/screenshots runs it, and makes the files small.
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ingest, inPage, startBrowser, startServer, submit, until, type Server } from './support.ts';

const STREET = process.env.FRAMEHOUND_STREET ?? '';
const SHOTS = process.env.FRAMEHOUND_SHOTS ?? '';
const PROJECT = 'street';

interface Frame {
    pts_us: number;
    objects: { id: string; class: string; box: [number, number, number, number] }[];
}

let server: Server;
let browser: Browser;
let video = '';
let frames: Frame[] = [];
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
    browser = await startBrowser();
    ends.push(() => browser.close());
    // Of the installed detectors, the one that finds the most in a drawing.
    const args = ['--detector', 'nanodet-416', '--score-threshold', '0.42', '--indexers', '3', '--downloaders', '2'];
    server = await startServer({ name: 'screenshots', args });
    ends.push(() => server.stop());
    ({ id: video } = await ingest(server, { source: STREET, project: PROJECT, name: 'High street' }));
    ({ frames } = await server.get<{ frames: Frame[] }>(`/videos/${video}/frames?limit=1000`));
});

afterAll(async () => {
    for (const end of ends.reverse()) await end();
});

/** The car that is in a lane of the street at a time. */
function carAt(seconds: number, lane: 'far' | 'near'): string {
    const frame = frames.find(({ pts_us }) => pts_us >= seconds * 1e6);
    const car = frame?.objects.find(
        ({ class: what, box: [, y, , height] }) => what === 'car' && y + height > 600 === (lane === 'near'),
    );
    if (car === undefined) throw new Error(`no car is found at ${seconds} s in the ${lane} lane`);
    return car.id;
}

type Theme = 'light' | 'dark';

async function shoot(name: string, theme: Theme, act: (page: Page) => Promise<void>) {
    await inPage(
        browser,
        async ({ page }) => {
            await act(page);
            await page.screenshot({ path: join(SHOTS, `${name}${theme === 'dark' ? '-dark' : ''}.png`) });
        },
        { colorScheme: theme },
    );
}

/** All pictures that are in sight have come. */
async function settled(page: Page) {
    await page.waitForFunction(() =>
        [...document.querySelectorAll('img')].every(image => image.complete || image.loading === 'lazy'),
    );
    await page.waitForLoadState('networkidle');
}

test('ingestion', async () => {
    for (const theme of ['light', 'dark'] as const) {
        const { id } = await submit(server, {
            source: STREET,
            project: PROJECT,
            name: 'High street, every frame',
            fps: theme === 'light' ? 15 : 14,
            chunk_seconds: 2,
        });
        await shoot('ingestion', theme, async page => {
            await page.goto(`${server.url}/p/${PROJECT}/activity?video=${id}`);
            await page.getByText('Live', { exact: true }).waitFor();
            const share = page.getByRole('progressbar').first();
            await expect
                .poll(async () => Number(await share.getAttribute('aria-valuenow')), { timeout: 120_000, interval: 50 })
                .toBeGreaterThan(35);
            await page.getByText(/about .* s/).waitFor();
        });
        await server.request('DELETE', `/videos/${id}`);
        await until('the end of the video', 60, () =>
            server
                .get(`/videos/${id}`)
                .then(() => false)
                .catch(() => true),
        );
    }
});

/** Opens the labelling view with an object selected. */
async function openLabelling(page: Page, object: string, seconds: number, more = '') {
    await page.goto(`${server.url}/p/${PROJECT}/v/${video}?t=${seconds * 1e6}&sel=${object}${more}`);
    await page.getByTestId('object-layer').waitFor();
    await settled(page);
}

test('labelling', async () => {
    const red = carAt(4, 'near');
    const blue = carAt(4, 'far');
    for (const theme of ['light', 'dark'] as const) {
        await shoot('labelling', theme, async page => {
            await openLabelling(page, blue, 4);
            await page.keyboard.press('n');
            await openLabelling(page, red, 4);
            await page.keyboard.press('p');
            await settled(page);
            await page.keyboard.press('t');
            await page.keyboard.type('red car');
            await page.keyboard.press('Escape');
            await settled(page);
        });
    }
    const name = (label: string, positive: string[], negative: string[]) =>
        server.request('POST', `/projects/${PROJECT}/labels/${label}/examples`, { positive, negative });
    await name('red%20car', [red, carAt(3.4, 'near'), carAt(5, 'near')], [blue]);
    await name('blue%20car', [blue, carAt(2, 'far')], [red]);
});

test('labels', async () => {
    await shoot('labels', 'light', async page => {
        await openLabelling(page, carAt(4.4, 'near'), 4.4, '&panel=labels&label=red+car');
        await page.getByText(/^Probable/).click();
        await settled(page);
    });
});

test('search', async () => {
    await shoot('search', 'light', async page => {
        await page.goto(`${server.url}/p/${PROJECT}/search?object=${carAt(4, 'near')}`);
        await page.locator('main img').first().waitFor();
        await settled(page);
    });
});

test('projects and the form', async () => {
    await ingest(server, { source: STREET, project: 'holiday', name: 'Monday', limit_seconds: 3 });
    await ingest(server, { source: STREET, project: 'holiday', name: 'Tuesday', limit_seconds: 6 });
    await shoot('projects', 'light', async page => {
        await page.goto(server.url);
        await page.getByRole('list', { name: 'Projects' }).locator('img').nth(2).waitFor();
        await settled(page);
    });
    await shoot('project', 'light', async page => {
        await page.goto(`${server.url}/p/holiday`);
        await page.locator('li img').first().waitFor();
        await settled(page);
    });
    await shoot('new-video', 'light', async page => {
        await page.goto(`${server.url}/p/${PROJECT}/new`);
        await page.getByText('Options').click();
        await page.locator('input[name=source]').fill('https://www.youtube.com/watch?v=…');
        await page.locator('input[name=limit_seconds]').fill('1:30');
    });
});
