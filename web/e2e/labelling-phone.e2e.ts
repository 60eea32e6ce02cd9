// The labelling view on a phone: everything below one another, nothing over anything else, and all of it done with a finger.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser, Locator } from 'playwright-core';
import {
    boxState,
    forgetLabels,
    labelsOf,
    labelUrl,
    nameByServer,
    objectsOf,
    parkedBicycle,
    partsOf,
    touchDragInto,
    type Seen,
} from './labelling-support.ts';
import { ingest, inPage, startBrowser, startServer, type Server } from './support.ts';

const PROJECT = 'street';
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

let server: Server;
let browser: Browser;
let video: string;
let bicycle: [Seen, Seen, Seen, ...Seen[]];

beforeAll(async () => {
    server = await startServer({ name: 'phone', follows: false });
    browser = await startBrowser();
    video = (await ingest(server, { project: PROJECT })).id;
    bicycle = (await parkedBicycle(server, video)) as [Seen, Seen, Seen, ...Seen[]];
});

afterAll(async () => {
    await browser.close();
    await server.stop();
});

async function placeOf(what: Locator) {
    const place = await what.boundingBox();
    if (place === null) throw new Error('it is not on the page');
    return { left: place.x, right: place.x + place.width, top: place.y, bottom: place.y + place.height };
}

it.each([
    ['upright', { width: 390, height: 844 }],
    ['on its side', { width: 844, height: 390 }],
    ['small', { width: 320, height: 568 }],
])('has a place of its own for every part, with the phone %s', async (_, viewport) => {
    const [first] = bicycle;
    await inPage(
        browser,
        async ({ page }) => {
            const parts = partsOf(page);
            await page.goto(labelUrl(server, PROJECT, video, { t: first.pts_us, sel: first.id }));
            await boxState(page, first.id);
            await parts.picturesOf(parts.similar).first().waitFor();
            const player = page.getByRole('region', { name: 'Player' });
            const fromTop = [
                player.getByTestId('object-layer'),
                parts.boxes,
                player.getByRole('group', { name: 'Player' }),
                page.getByRole('slider', { name: 'Position in the video' }),
                parts.card,
                page.getByRole('tablist', { name: 'Panels' }),
                parts.similar,
            ];
            const places = await Promise.all(fromTop.map(placeOf));
            for (const [at, place] of places.entries()) {
                expect(place.top, `the top of part ${at}`).toBeGreaterThanOrEqual((places[at - 1]?.bottom ?? 0) - 1);
                expect(place.left).toBeGreaterThanOrEqual(0);
                expect(place.right).toBeLessThanOrEqual(viewport.width + 1);
            }
            const [yes, no, name] = await Promise.all([parts.yes, parts.no, parts.name].map(placeOf));
            expect(yes?.right).toBeLessThanOrEqual(no?.left ?? 0);
            expect(name?.top).toBeGreaterThanOrEqual(yes?.bottom ?? 0);
            // Nothing sticks out at the side: the page scrolls one way only.
            expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width);
        },
        { ...PHONE, viewport },
    );
});

it('keeps both columns on the screen when they are about a label', async () => {
    const [first] = bicycle;
    const label = 'a bicycle that leans against a wall';
    await nameByServer(server, PROJECT, label, { positive: [first.id] });
    await inPage(
        browser,
        async ({ page }) => {
            const parts = partsOf(page);
            await page.goto(labelUrl(server, PROJECT, video, { t: first.pts_us, label, panel: 'candidates' }));
            await page.getByRole('button', { name: 'Start another label' }).waitFor();
            const [yes, no, name, other] = await Promise.all(
                [parts.yes, parts.no, parts.name, page.getByRole('button', { name: 'Start another label' })].map(
                    placeOf,
                ),
            );
            for (const place of [yes, no, name, other]) expect(place?.right).toBeLessThanOrEqual(PHONE.viewport.width);
        },
        PHONE,
    );
    await forgetLabels(server, PROJECT);
});

it('names an object with a finger, and takes it back', async () => {
    const [first] = bicycle;
    await inPage(
        browser,
        async ({ page }) => {
            const parts = partsOf(page);
            await page.goto(labelUrl(server, PROJECT, video, { t: first.pts_us }));
            await boxState(page, first.id);
            await parts.boxes.getByRole('option', { name: /^bicycle/ }).tap();
            const [one, two] = [0, 1].map(at => parts.picturesOf(parts.similar).nth(at)) as [Locator, Locator];
            await one.waitFor();
            const [dragged, marked] = await Promise.all(
                [one, two].map(async picture => (await picture.getAttribute('data-object')) ?? ''),
            );

            // Pictures are marked by tapping them, and the bar puts them where they belong.
            await two.tap();
            await page.getByRole('group', { name: 'Marked pictures' }).getByRole('button', { name: 'Yes' }).tap();
            await parts.pictureOf(parts.yes, marked ?? '').waitFor();
            // Or dragged, where one sees both.
            await parts.yes.evaluate(column => column.scrollIntoView({ block: 'end' }));
            await touchDragInto(page, one, parts.yes);
            await parts.pictureOf(parts.yes, dragged ?? '').waitFor();

            await parts.name.fill('my bicycle');
            await parts.name.press('Enter');
            await expect
                .poll(async () => (await labelsOf(server, PROJECT)).map(({ name }) => name))
                .toEqual(['my bicycle']);
            await parts.undo.tap();
            await parts.said(/^Undone: named/).waitFor();
            await expect.poll(() => labelsOf(server, PROJECT)).toEqual([]);
            expect((await objectsOf(server, video)).filter(({ label }) => label !== null)).toEqual([]);
            await parts.pictureOf(parts.yes, marked ?? '').waitFor();
            await parts.pictureOf(parts.yes, dragged ?? '').waitFor();
        },
        PHONE,
    );
});
