// axe on every view, light and dark: no serious and no critical issue. What axe calls moderate is printed.
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labelUrl } from './labelling-support.ts';
import { ingest, inPage, startBrowser, startServer, VideoHost, submit, ended, type Server } from './support.ts';

let server: Server;
let browser: Browser;
/** Of the video that was ingested, and of an object in it that carries a label. */
let video = '';
let object = '';
/** When that object is seen. */
let ptsUs = 0;
const ends: (() => Promise<void>)[] = [];

interface Frames {
    frames: { pts_us: number; objects: { id: string; track: string | null }[] }[];
}

const viewUrl = (query?: Record<string, string | number>) => labelUrl(server, 'street', video, query);

beforeAll(async () => {
    browser = await startBrowser();
    ends.push(() => browser.close());
    server = await startServer({ name: 'accessibility' });
    ends.push(() => server.stop());
    const host = new VideoHost();
    host.isThere = false;
    const failing = await submit(server, { source: await host.start(), name: 'Not there' });
    ({ id: video } = await ingest(server));
    await ended(server, failing.id);
    await host.stop();
    const { frames } = await server.get<Frames>(`/videos/${video}/frames?limit=200`);
    const objects = frames.flatMap(frame => frame.objects.map(({ id }) => id));
    // A track is split before it is looked at.
    const tracked = frames.flatMap(({ pts_us, objects: all }) => all.map(({ id, track }) => ({ id, track, pts_us })));
    const second = tracked.find((seen, i) =>
        tracked.slice(0, i).some(({ track }) => track !== null && track === seen.track),
    )!;
    ({ id: object, pts_us: ptsUs } = second);
    await server.request('POST', `/tracks/${second.track}/split`, { at_us: ptsUs });
    await server.request('POST', '/projects/street/labels/street%20thing/examples', {
        positive: [object],
        negative: [objects.findLast(id => id !== object)],
    });
});

afterAll(async () => {
    for (const end of ends.reverse()) await end();
});

/** The view, and what must be there before it is looked at. */
const VIEWS: Record<string, (page: Page) => Promise<void>> = {
    projects: async page => {
        await page.goto(server.url);
        await page.getByRole('list', { name: 'Projects' }).locator('img').first().waitFor();
    },
    'a project': async page => {
        await page.goto(`${server.url}/p/street`);
        await page.getByRole('button', { name: '1 error', expanded: true }).waitFor();
        await page.getByText('street thing').waitFor();
    },
    'deleting a project': async page => {
        await page.goto(`${server.url}/p/street`);
        await page.getByRole('button', { name: 'Actions for this project' }).click();
        await page.getByRole('menuitem', { name: 'Delete project…' }).click();
        await page.getByText(/will be lost/).waitFor();
    },
    'the form for a new video': async page => {
        await page.goto(`${server.url}/p/street/new`);
        await page.getByText('Options').click();
        await page.locator('input[name=source]').fill('ftp://example.org/a.mp4');
        await page.locator('input[name=fps]').fill('-5');
        await page.getByText('are not supported').waitFor();
    },
    ingestion: async page => {
        await page.goto(`${server.url}/p/street/activity?node=part:indexer`);
        await page.locator('.react-flow__node-worker').first().waitFor();
        await page.getByText('Live', { exact: true }).waitFor();
        await page.getByText('The video is done').waitFor();
    },
    'failures of the ingestion': async page => {
        await page.goto(`${server.url}/activity?panel=failures`);
        await page.locator('.react-flow__node-worker').first().waitFor();
        await page
            .getByRole('tabpanel')
            .getByText(/answered 404/)
            .waitFor();
    },
    'the labelling view': async page => {
        await page.goto(viewUrl({ sel: object }));
        await page.getByTestId('object-layer').waitFor();
        await page.getByRole('complementary').or(page.getByRole('tabpanel')).locator('img').first().waitFor();
    },
    'picking an object to merge with': async page => {
        await page.goto(viewUrl({ t: ptsUs + 1, sel: object }));
        await page.getByTestId('object-layer').waitFor();
        await page.getByRole('button', { name: 'Merge with…' }).click();
        await page.getByText(/^Merge track \d+ with…/).waitFor();
    },
    'the corrections of tracks': async page => {
        await page.goto(viewUrl({ t: ptsUs, sel: object }));
        await page.getByTestId('object-layer').waitFor();
        await page.getByRole('button', { name: 'More for this track' }).click();
        await page.getByRole('menuitem', { name: 'Corrections of tracks…' }).click();
        await page.getByText(/^split track/).waitFor();
    },
    'the labels panel': async page => {
        await page.goto(viewUrl({ panel: 'labels', label: 'street thing' }));
        await page.getByTestId('object-layer').waitFor();
        await page.getByText('street thing').first().waitFor();
    },
    'the candidates panel': async page => {
        await page.goto(viewUrl({ panel: 'candidates', label: 'street thing' }));
        await page.getByTestId('object-layer').waitFor();
        await page.getByRole('tabpanel').locator('img').first().waitFor();
    },
    'labelled objects': async page => {
        await page.goto(`${server.url}/p/street/labels`);
        await page.getByRole('list', { name: 'Labelled objects' }).locator('img').first().waitFor();
    },
    'probable mistakes': async page => {
        await page.goto(`${server.url}/p/street/labels?view=mistakes`);
        await page
            .getByRole('region', { name: 'Probable mistake' })
            .or(page.getByText('Nothing looks like a mistake'))
            .waitFor();
    },
    'exporting labels': async page => {
        await page.goto(`${server.url}/p/street/labels`);
        await page.getByRole('button', { name: 'Export' }).click();
        await page.getByRole('dialog', { name: 'Export labels' }).waitFor();
    },
    'importing labels': async page => {
        await page.goto(`${server.url}/p/street/labels`);
        await page.getByRole('button', { name: 'Import' }).click();
        const dialog = page.getByRole('dialog', { name: 'Import labels' });
        const buffer = Buffer.from(`label,object\nnew thing,${object}\n`);
        await dialog.locator('input[type=file]').setInputFiles({ name: 'a.csv', mimeType: 'text/csv', buffer });
        await dialog.getByRole('button', { name: 'Check the file' }).click();
        await dialog.getByText('This would be done').waitFor();
    },
    search: async page => {
        await page.goto(`${server.url}/p/street/search?object=${object}`);
        await page.locator('main img').first().waitFor();
    },
    'the key map': async page => {
        await page.goto(viewUrl());
        await page.getByTestId('object-layer').waitFor();
        await page.keyboard.press('?');
        await page.getByRole('dialog').waitFor();
    },
    'what is not there': async page => {
        await page.goto(`${server.url}/no/such/page`);
        await page.getByText('There is no such page').waitFor();
    },
};

// Nothing fades in or out any more: half-way, colours have other contrasts. What a change of colours sets going has begun
// two frames later.
async function settle(page: Page) {
    await page.evaluate(async () => {
        const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
        await frame();
        await frame();
        await Promise.allSettled(document.getAnimations().map(animation => animation.finished));
    });
}

async function issues(page: Page) {
    await settle(page);
    const { violations } = await new AxeBuilder({ page }).analyze();
    return violations.map(({ id, impact, help, nodes }) => ({
        impact,
        what: `${id}: ${help}`,
        where: nodes.slice(0, 5).map(node => `${node.target.join(' ')} ${node.failureSummary ?? ''}`),
    }));
}

const isGrave = ({ impact }: { impact?: string | null }) => impact === 'serious' || impact === 'critical';

async function look(page: Page, name: string, colorScheme: 'light' | 'dark') {
    await page.emulateMedia({ colorScheme });
    let found = await issues(page);
    // On a machine that is busy the new colours may still be on their way; what is really wrong stays wrong.
    for (let again = 0; again < 2 && found.some(isGrave); again++) found = await issues(page);
    const mild = found.filter(issue => !isGrave(issue));
    if (mild.length > 0) console.log(`${name}, ${colorScheme}:`, mild);
    expect(found.filter(isGrave), `${name}, ${colorScheme}`).toEqual([]);
}

test.each(Object.keys(VIEWS))('%s, light and dark', async name => {
    await inPage(
        browser,
        async ({ page }) => {
            await VIEWS[name]!(page);
            await look(page, name, 'light');
            await look(page, name, 'dark');
        },
        { colorScheme: 'light', reducedMotion: 'reduce' },
    );
});

test('where the system chooses the colours, what is chosen, done and labelled is told all the same', async () => {
    await inPage(
        browser,
        async ({ page }) => {
            const styleOf = (of: string, property: string) =>
                page
                    .locator(of)
                    .first()
                    .evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), property);
            await page.goto(`${server.url}/activity`);
            await page.locator('[role=progressbar] > div').first().waitFor();
            const line = 'border-bottom-color';
            const background = await styleOf('body', 'background-color');
            expect(await styleOf('[role=tab][aria-selected=false]', line)).not.toBe(
                await styleOf('[role=tab][aria-selected=true]', line),
            );
            const fill = await styleOf('[role=progressbar] > div', 'background-color');
            expect(fill).not.toBe(await styleOf('[role=progressbar]', 'background-color'));
            expect(fill).not.toBe(background);

            await page.goto(viewUrl({ t: ptsUs, panel: 'labels' }));
            const swatch = '[role=tabpanel] [style*=background]';
            await page.locator(swatch).first().waitFor();
            expect(await styleOf(swatch, 'background-color')).not.toBe(background);
            await page.locator('button[aria-pressed=true]').first().waitFor();
            expect(await styleOf('button[aria-pressed=true]', 'outline-style')).toBe('solid');
            expect(await styleOf('button[aria-pressed=false]', 'outline-style')).toBe('none');
        },
        { forcedColors: 'active' },
    );
});
