// Labels change their name, are put together and removed; what goes wrong loses nothing; addresses can be copied.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import {
    boxState,
    forgetLabels,
    labelsOf,
    labelUrl,
    nameByServer,
    parkedBicycle,
    partsOf,
    touchDragInto,
    type Seen,
} from './labelling-support.ts';
import { ingest, inPage, startBrowser, startServer, type Server } from './support.ts';

const PROJECT = 'street';

let server: Server;
let browser: Browser;
let video: string;
let bicycle: [Seen, Seen, ...Seen[]];

beforeAll(async () => {
    server = await startServer({ name: 'labelling', follows: false });
    browser = await startBrowser();
    video = (await ingest(server, { project: PROJECT })).id;
    bicycle = (await parkedBicycle(server, video)) as [Seen, Seen, ...Seen[]];
});

afterEach(() => forgetLabels(server, PROJECT));

afterAll(async () => {
    await browser.close();
    await server.stop();
});

const viewUrl = (query: Record<string, string | number>) => labelUrl(server, PROJECT, video, query);
const namesOf = async () => (await labelsOf(server, PROJECT)).map(({ name, explicit }) => [name, explicit]);

it('renames a label, merges it into another, and removes that', async () => {
    const [first] = bicycle;
    const last = bicycle.at(-1) as Seen;
    await nameByServer(server, PROJECT, 'bike', { positive: [first.id] });
    await nameByServer(server, PROJECT, 'old bicycle', { positive: [last.id] });
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        const change = async (label: string, what: string) => {
            await page.getByRole('button', { name: `Change the label ${label}` }).click();
            await page.getByRole('menuitem', { name: what }).click();
        };
        await page.goto(viewUrl({ t: first.pts_us, panel: 'labels', label: 'bike' }));
        await boxState(page, first.id);

        await change('bike', 'Rename…');
        const field = page.getByRole('textbox', { name: 'New name' });
        await field.fill('Old Bicycle');
        await page.getByText('There is a label “old bicycle” already. To put the two together, merge them.').waitFor();
        expect(await page.getByRole('button', { name: 'Rename', exact: true }).isDisabled()).toBe(true);
        await field.fill('bicycle');
        await page.keyboard.press('Enter');
        await parts.boxes.getByRole('option', { name: /^bicycle, labelled/ }).waitFor();
        expect(await namesOf()).toEqual([
            ['bicycle', 1],
            ['old bicycle', 1],
        ]);

        await change('bicycle', 'Merge into another…');
        await page.getByLabel('Into').selectOption('old bicycle');
        await page.getByRole('button', { name: 'Merge', exact: true }).click();
        await parts.boxes.getByRole('option', { name: /^old bicycle, labelled/ }).waitFor();
        await page.getByRole('button', { name: 'Change the label old bicycle' }).waitFor();
        expect(await namesOf()).toEqual([['old bicycle', 2]]);

        await change('old bicycle', 'Remove…');
        await page.getByText(/^2 objects will have no label any more/).waitFor();
        await page.getByRole('button', { name: 'Remove label' }).click();
        await parts.boxes.getByRole('option', { name: /^bicycle, score/ }).waitFor();
        await page.getByText('No labels yet').waitFor();
        expect(await namesOf()).toEqual([]);

        for (const back of [['old bicycle'], ['bicycle', 'old bicycle'], ['bike', 'old bicycle']]) {
            await parts.undo.click();
            await expect.poll(async () => (await namesOf()).map(([name]) => name)).toEqual(back);
        }
        await parts.boxes.getByRole('option', { name: /^bike, labelled/ }).waitFor();
    });
});

it('takes no room from the columns for a long name, and shows its beginning', async () => {
    const [first] = bicycle;
    // From right to left: what is cut off is at the left.
    const name = 'دراجة سوداء قديمة جدا متوقفة أمام الجدار الأبيض في آخر الشارع الطويل بجانب المحطة';
    await nameByServer(server, PROJECT, name, { positive: [first.id] });
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        await page.goto(viewUrl({ t: first.pts_us, panel: 'labels' }));
        await parts.yes.waitFor();
        const before = await parts.yes.boundingBox();
        await page
            .getByRole('tabpanel')
            .getByRole('button', { name: new RegExp(name) })
            .click();
        await page.getByRole('button', { name: 'Start another label' }).waitFor();
        expect(await parts.yes.boundingBox()).toEqual(before);
        const chip = page.getByRole('region', { name: 'Label by examples' }).getByText(name);
        expect(
            await chip.evaluate(text => [text.scrollWidth > text.clientWidth, getComputedStyle(text).direction]),
        ).toEqual([true, 'rtl']);
    });
});

it('says what went wrong when naming fails, and loses nothing, not even by a reload', async () => {
    const [first] = bicycle;
    await inPage(browser, async ({ page, expectTrouble, expectPeace }) => {
        const parts = partsOf(page);
        await page.goto(viewUrl({ t: first.pts_us, sel: first.id }));
        await parts.card.getByText(/^bicycle/).waitFor();
        await page.keyboard.press('p');
        await parts.suggested.first().waitFor();
        const filled = await parts.picturesOf(parts.yes).count();

        const sentence = 'The disk is full, so the label was not stored: free some space, and try again.';
        expectTrouble(/\/examples/, /status of 507/);
        await page.route('**/examples', route =>
            route.fulfill({
                status: 507,
                contentType: 'application/problem+json',
                body: JSON.stringify({
                    type: 'about:blank',
                    title: 'Insufficient Storage',
                    status: 507,
                    detail: sentence,
                }),
            }),
        );
        await parts.name.fill('my bicycle');
        await page.keyboard.press('Enter');
        await page.getByText(sentence).waitFor();
        await expect.poll(() => parts.picturesOf(parts.yes).count()).toBe(filled);
        // What was painted in advance is painted back.
        await parts.boxes.getByRole('option', { name: /^bicycle, score/ }).waitFor();
        expect(await namesOf()).toEqual([]);

        await page.reload();
        await parts.suggested.first().waitFor();
        await expect.poll(() => parts.name.inputValue()).toBe('my bicycle');
        await expect.poll(() => parts.picturesOf(parts.yes).count()).toBe(filled);

        await page.unroute('**/examples');
        expectPeace();
        await parts.name.press('Enter');
        await parts.boxes.getByRole('option', { name: /^my bicycle, labelled/ }).waitFor();
        expect((await namesOf()).map(([name]) => name)).toEqual(['my bicycle']);
        await expect.poll(() => parts.picturesOf(parts.yes).count()).toBe(0);
    });
});

it('shows the same in another window, given the address', async () => {
    const [first] = bicycle;
    let address = '';
    let shown: (string | null)[] = [];
    const list = (parts: ReturnType<typeof partsOf>) =>
        parts.picturesOf(parts.similar).evaluateAll(all => all.map(picture => picture.getAttribute('data-object')));
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        await page.goto(viewUrl({ t: first.pts_us, sel: first.id }));
        await parts.picturesOf(parts.similar).first().waitFor();
        await page.getByRole('button', { name: 'This video' }).click();
        await page.getByLabel('Class', { exact: true }).selectOption('car');
        const least = page.getByRole('slider', { name: 'Score at least' });
        await least.focus();
        for (let step = 0; step < 4; step++) await page.keyboard.press('ArrowRight');
        await expect.poll(() => page.url()).toContain('min=0.2');
        await expect
            .poll(() => parts.picturesOf(parts.similar).first().getAttribute('aria-label'))
            .toMatch(/^car .*similarity/);
        address = page.url();
        shown = await list(parts);
    });
    expect(shown.length).toBeGreaterThan(0);
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        await page.goto(address);
        await expect.poll(() => list(parts)).toEqual(shown);
        expect(await page.getByRole('button', { name: 'This video' }).getAttribute('aria-pressed')).toBe('true');
        expect(await page.getByLabel('Class', { exact: true }).inputValue()).toBe('car');
        await boxState(page, first.id);
    });
});

it('takes a picture by touch on a tablet', async () => {
    const [first] = bicycle;
    await inPage(
        browser,
        async ({ page }) => {
            const parts = partsOf(page);
            await page.goto(viewUrl({ t: first.pts_us, sel: first.id }));
            const picture = parts.picturesOf(parts.similar).first();
            await picture.waitFor();
            const object = (await picture.getAttribute('data-object')) ?? '';
            await touchDragInto(page, picture, parts.yes);
            await parts.pictureOf(parts.yes, object).waitFor();
            await parts.suggested.first().waitFor();
        },
        { viewport: { width: 820, height: 1180 }, hasTouch: true },
    );
});
