// Labels as data: what was said by whom, found again by filters; probable mistakes decided with one key; files out and in.
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { forgetLabels, labelsOf, labelUrl, objectsOf, parkedBicycle, partsOf, type Seen } from './labelling-support.ts';
import { ingest, inPage, startBrowser, startServer, type Server } from './support.ts';

const PROJECT = 'street';

let server: Server;
let browser: Browser;
let video: string;
let bicycle: [Seen, Seen, Seen, Seen, ...Seen[]];
let people: Seen[];

beforeAll(async () => {
    server = await startServer({ name: 'labels-data', follows: false });
    browser = await startBrowser();
    video = (await ingest(server, { project: PROJECT })).id;
    bicycle = (await parkedBicycle(server, video)) as [Seen, Seen, Seen, Seen, ...Seen[]];
    people = (await objectsOf(server, video)).filter(seen => seen.class === 'person');
});

afterEach(() => forgetLabels(server, PROJECT));

afterAll(async () => {
    await browser.close();
    await server.stop();
});

/** As if this person had said it. */
async function say(by: string, label: string, examples: { positive?: Seen[]; negative?: Seen[] }): Promise<void> {
    const ids = (seen: Seen[] = []) => seen.map(({ id }) => id);
    await server.request('POST', `/projects/${PROJECT}/labels/${encodeURIComponent(label)}/examples`, {
        positive: ids(examples.positive),
        negative: ids(examples.negative),
        by,
    });
}

/** Two labels, and one bicycle that Bob took for a rider. */
async function sayWithMistake(): Promise<Seen> {
    const [a, b, wrong] = bicycle;
    await say('ann', 'old bicycle', { positive: [a, b] });
    await say('bob', 'rider', { positive: [...people.slice(0, 3), wrong] });
    return wrong;
}

const carried = async (label: string) =>
    (await labelsOf(server, PROJECT)).find(({ name }) => name === label)?.positives;
const listed = (page: Page) => page.getByRole('list', { name: 'Labelled objects' }).locator('[data-object]');
const idsOf = (page: Page) =>
    listed(page).evaluateAll(all => all.map(card => card.getAttribute('data-object') ?? '').sort());
const viewUrl = (query = '') => `${server.url}/p/${PROJECT}/labels${query}`;

it('finds what was said by label, by person, by day and by kind; the address says which', async () => {
    const wrong = await sayWithMistake();
    const [a, b] = bicycle;
    await say('ann', 'old bicycle', { negative: [people[4] as Seen] });
    await inPage(browser, async ({ page }) => {
        await page.goto(viewUrl());
        await expect.poll(() => listed(page).count()).toBe(6);
        await page.getByLabel('Label', { exact: true }).selectOption('rider');
        await expect.poll(() => listed(page).count()).toBe(4);
        await page.getByLabel('Said by').fill('ann');
        await page.keyboard.press('Enter');
        await page.getByText('Nothing passes the filters').waitFor();
        await page.getByLabel('Label', { exact: true }).selectOption('');
        await expect.poll(() => idsOf(page)).toEqual([a.id, b.id].sort());
        expect(page.url()).toContain('by=ann');

        // Nothing was said a long time ago.
        await page.getByLabel('To', { exact: true }).fill('2020-01-01');
        await page.getByText('Nothing passes the filters').waitFor();
        await page.getByRole('button', { name: 'Clear the filters' }).click();
        await expect.poll(() => listed(page).count()).toBe(6);
        await page.goBack();
        await page.getByText('Nothing passes the filters').waitFor();
        await page.goForward();

        await page.getByRole('button', { name: 'Not this' }).click();
        await expect.poll(() => idsOf(page)).toEqual([people[4]?.id]);
        await page.getByRole('button', { name: 'Probable' }).click();
        const probable = (await objectsOf(server, video)).filter(({ label }) => label?.kind === 'probable');
        expect(probable.length).toBeGreaterThan(0);
        await expect.poll(() => idsOf(page)).toEqual(probable.map(({ id }) => id).sort());

        // One opens the player there.
        await page.goto(viewUrl('?label=rider&by=bob'));
        await page.locator(`[data-object="${wrong.id}"]`).click();
        await expect.poll(() => page.url()).toContain(`sel=${wrong.id}`);
        await partsOf(page).card.getByText('rider').waitFor();
    });
});

it('puts the name that one has given beside what one says, and says whose step undo takes back', async () => {
    const [first] = bicycle;
    await inPage(browser, async ({ page }) => {
        await page.goto(labelUrl(server, PROJECT, video, { t: first.pts_us, sel: first.id }));
        await page.getByRole('button', { name: 'Your name and the theme' }).click();
        await page.getByRole('menuitem', { name: 'Your name…' }).click();
        await page.getByLabel('Name', { exact: true }).fill('Ann');
        await page.keyboard.press('Enter');
        await page.getByRole('button', { name: 'Ann: name and theme' }).waitFor();
        await page.getByRole('combobox', { name: 'Name this object' }).fill('old bicycle');
        await page.keyboard.press('Enter');
        await partsOf(page).steps.getByText('Last: named 1 object “old bicycle”', { exact: true }).waitFor();
        await page.goto(viewUrl('?by=Ann'));
        await expect.poll(() => idsOf(page)).toEqual([first.id]);
        await listed(page)
            .getByText(/^Ann, /)
            .waitFor();
        await say('Bob', 'old bicycle', { negative: [people[4] as Seen] });
        await page.reload();
        await page.getByRole('button', { name: /^Undo: said that 1 object is not “old bicycle” \(Bob\)/ }).waitFor();
    });
});

it('takes a probable mistake back with one key, and undoes that', async () => {
    const wrong = await sayWithMistake();
    await inPage(browser, async ({ page }) => {
        const card = page.getByRole('region', { name: 'Probable mistake' });
        await page.goto(viewUrl('?view=mistakes'));
        await card.getByText('bob said that this is').waitFor();
        await card.getByText(/looks like "old bicycle"/).waitFor();
        expect(await card.locator('img').first().getAttribute('src')).toContain(wrong.id);

        await page.keyboard.press('x');
        await page
            .getByRole('status')
            .getByText(/^Took back what was said of 1 object/)
            .waitFor();
        await page.getByText('Nothing looks like a mistake').waitFor();
        expect(await carried('rider')).toBe(3);

        await page.keyboard.press('Control+z');
        await page
            .getByRole('status')
            .getByText(/^Undone: took back/)
            .waitFor();
        await card.getByText('bob said that this is').waitFor();
        expect(await carried('rider')).toBe(4);

        // It is what it looks like.
        await page.keyboard.press('c');
        await page.getByText('Nothing looks like a mistake').waitFor();
        expect(await carried('rider')).toBe(3);
        expect(await carried('old bicycle')).toBe(3);
    });
});

it('keeps what is right although it looks like a mistake', async () => {
    await sayWithMistake();
    await inPage(browser, async ({ page }) => {
        const card = page.getByRole('region', { name: 'Probable mistake' });
        await page.goto(viewUrl('?view=mistakes'));
        await card.waitFor();
        await page.keyboard.press('u');
        await page.getByText('Nothing looks like a mistake').waitFor();
        await page.getByRole('button', { name: 'Show what was skipped again' }).click();
        await card.waitFor();
        await page.keyboard.press('y');
        await page
            .getByRole('status')
            .getByText(/^Confirmed what was said of 1 object/)
            .waitFor();
        await page.getByText('Nothing looks like a mistake').waitFor();
        // For good: not only in this window.
        await page.reload();
        await page.getByText('Nothing looks like a mistake').waitFor();
        expect(await carried('rider')).toBe(4);
    });
});

it('says what went wrong when a decision fails, and asks again', async () => {
    await sayWithMistake();
    await inPage(browser, async ({ page, expectTrouble }) => {
        const card = page.getByRole('region', { name: 'Probable mistake' });
        await page.goto(viewUrl('?view=mistakes'));
        await card.waitFor();
        expectTrouble(/507/);
        await page.route('**/examples', route =>
            route.fulfill({
                status: 507,
                contentType: 'application/problem+json',
                body: JSON.stringify({ title: 'Insufficient Storage', status: 507, detail: 'The disk is full.' }),
            }),
        );
        await page.keyboard.press('x');
        await page.getByText('The disk is full.').waitFor();
        await card.waitFor();
        expect(await carried('rider')).toBe(4);
    });
});

it('exports labels as a file, which brings them back after they were lost', async () => {
    await sayWithMistake();
    await inPage(browser, async ({ page }) => {
        await page.goto(`${server.url}/p/${PROJECT}`);
        await page.getByRole('button', { name: 'Actions for this project' }).click();
        await page.getByRole('menuitem', { name: 'Export labels…' }).click();
        await page.getByLabel('Format').selectOption('csv');
        const coming = page.waitForEvent('download');
        await page.getByRole('link', { name: 'Download' }).click();
        const download = await coming;
        const path = await download.path();
        const rows = readFileSync(path, 'utf8').trim().split(/\r?\n/);
        expect(rows).toHaveLength(1 + 6);
        expect(rows[0]).toContain('label,kind');

        await forgetLabels(server, PROJECT);
        // A line about something that is nowhere comes with it.
        const fields = (rows[1] ?? '').split(',');
        const header = (rows[0] ?? '').split(',');
        const set = (name: string, value: string) => (fields[header.indexOf(name)] = value);
        set('object', '');
        for (const name of ['x', 'y']) set(name, '0');
        for (const name of ['width', 'height']) set(name, '2');
        const file = [...rows, fields.join(',')].join('\r\n');

        await page.getByRole('button', { name: 'Actions for this project' }).click();
        await page.getByRole('menuitem', { name: 'Import labels…' }).click();
        const dialog = page.getByRole('dialog', { name: 'Import labels' });
        await dialog
            .locator('input[type=file]')
            .setInputFiles({ name: 'labels.csv', mimeType: 'text/csv', buffer: Buffer.from(file) });
        await dialog.getByText('labels.csv').waitFor();
        await dialog.getByRole('button', { name: 'Check the file' }).click();
        await dialog.getByText('This would be done').waitFor();
        await dialog.getByText('6 of 7 entries are objects of this project.').waitFor();
        await dialog.getByText('What could not be matched').waitFor();
        await dialog.getByText(/overlaps this box/).waitFor();
        expect(await labelsOf(server, PROJECT)).toEqual([]);

        await dialog.getByRole('button', { name: 'Import', exact: true }).click();
        await dialog.getByRole('heading', { name: 'Imported' }).waitFor();
        expect(await carried('old bicycle')).toBe(2);
        expect(await carried('rider')).toBe(4);
        await dialog.getByRole('button', { name: 'Close' }).last().click();
        await page.getByRole('complementary').getByText('rider').waitFor();
    });
});

it('finds the clip that the file of another project is about, and asks before it takes it for that', async () => {
    await sayWithMistake();
    const copy = await ingest(server, { project: 'copy', name: 'The same street' });
    const file = await (await fetch(`${server.url}/api/v1/projects/${PROJECT}/export?format=csv`)).text();
    await inPage(browser, async ({ page }) => {
        await page.goto(`${server.url}/p/copy/labels`);
        await page.getByRole('button', { name: 'Import' }).click();
        const dialog = page.getByRole('dialog', { name: 'Import labels' });
        await dialog
            .locator('input[type=file]')
            .setInputFiles({ name: 'labels.csv', mimeType: 'text/csv', buffer: Buffer.from(file) });
        await dialog.getByRole('button', { name: 'Check the file' }).click();
        const clip = dialog.getByLabel(`Video ${video}`);
        await dialog.getByText('6 of 6 entries are objects of this project.').waitFor();
        expect(await clip.inputValue()).toBe(copy.id);

        // Whoever knows better says so: then nothing of the file is about this project.
        await clip.selectOption('');
        expect(await dialog.getByRole('button', { name: 'Import', exact: true }).count()).toBe(0);
        await dialog.getByRole('button', { name: 'Check the file' }).click();
        await dialog.getByText('0 of 6 entries are objects of this project.').waitFor();
        expect(await dialog.getByRole('button', { name: 'Import', exact: true }).count()).toBe(0);

        await clip.selectOption({ label: 'The same street' });
        await dialog.getByRole('button', { name: 'Check the file' }).click();
        await dialog.getByRole('button', { name: 'Import', exact: true }).click();
        await dialog.getByRole('heading', { name: 'Imported' }).waitFor();
    });
    const found = await labelsOf(server, 'copy');
    expect(found.map(({ name, positives }) => [name, positives])).toEqual([
        ['old bicycle', 2],
        ['rider', 4],
    ]);
});

it('says what is wrong with a file that is none of labels', async () => {
    await inPage(browser, async ({ page, expectTrouble }) => {
        await page.goto(viewUrl());
        await page.getByRole('button', { name: 'Import' }).click();
        const dialog = page.getByRole('dialog', { name: 'Import labels' });
        await dialog
            .locator('input[type=file]')
            .setInputFiles({ name: 'broken.json', mimeType: 'application/json', buffer: Buffer.from('{"images": [') });
        expectTrouble(/\/import/, /status of 4/);
        await dialog.getByRole('button', { name: 'Check the file' }).click();
        await dialog.getByRole('alert').waitFor();
        expect(await dialog.getByRole('button', { name: 'Import', exact: true }).count()).toBe(0);
        expect(await labelsOf(server, PROJECT)).toEqual([]);
    });
});

it('says why there is nothing to download', async () => {
    const wrong = await sayWithMistake();
    await inPage(browser, async ({ page, expectTrouble }) => {
        await page.goto(labelUrl(server, PROJECT, video, { t: wrong.pts_us, panel: 'labels', label: 'rider' }));
        await page.getByRole('button', { name: 'Change the label rider' }).click();
        await page.getByRole('menuitem', { name: 'Export…' }).click();
        const dialog = page.getByRole('dialog', { name: 'Export labels' });
        // As somebody else may, meanwhile.
        expectTrouble(/\b404\b/);
        await forgetLabels(server, PROJECT);
        await dialog.getByRole('link', { name: 'Download' }).click();
        await dialog.getByRole('alert').getByText('there is no label "rider"').waitFor();
        // Another choice is another question.
        await dialog.getByLabel('Label', { exact: true }).selectOption('');
        expect(await dialog.getByRole('alert').count()).toBe(0);
        const coming = page.waitForEvent('download');
        await dialog.getByRole('link', { name: 'Download' }).click();
        expect((await coming).suggestedFilename()).toContain('.json');
    });
});

it('leads from a label in the player to its export and its mistakes', async () => {
    const wrong = await sayWithMistake();
    await inPage(browser, async ({ page }) => {
        await page.goto(labelUrl(server, PROJECT, video, { t: wrong.pts_us, panel: 'labels', label: 'rider' }));
        const menu = page.getByRole('button', { name: 'Change the label rider' });
        await menu.click();
        await page.getByRole('menuitem', { name: 'Export…' }).click();
        const dialog = page.getByRole('dialog', { name: 'Export labels' });
        expect(await dialog.getByLabel('Label', { exact: true }).inputValue()).toBe('rider');
        await page.keyboard.press('Escape');
        await menu.click();
        await page.getByRole('menuitem', { name: 'Probable mistakes' }).click();
        await page.getByRole('region', { name: 'Probable mistake' }).waitFor();
        expect(page.url()).toContain('view=mistakes');
    });
});
