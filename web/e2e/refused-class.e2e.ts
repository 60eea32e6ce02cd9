// "Not a car": the detector's class is refused for what is selected, with a key or the button, seen wherever the object is,
// and taken back.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import {
    expectBox,
    forgetLabels,
    labelsOf,
    labelUrl,
    objectsOf,
    partsOf,
    tracksOf,
    type Seen,
} from './labelling-support.ts';
import { ingest, inPage, startBrowser, startServer, type Server } from './support.ts';

const PROJECT = 'street';

type Refusable = Seen & { class_refused?: true };

let server: Server;
let browser: Browser;
let video: string;
/** All of one track, the whole of which the detector calls a bicycle. */
let bicycle: [Seen, Seen, ...Seen[]];

const seenNow = () => objectsOf(server, video) as Promise<Refusable[]>;
const refused = async () => (await seenNow()).filter(object => object.class_refused).map(({ id }) => id);
const bicycles = async () =>
    (await server.get<{ classes: { name: string; objects: number }[] }>(`/projects/${PROJECT}/classes`)).classes.find(
        ({ name }) => name === 'bicycle',
    )?.objects ?? 0;

beforeAll(async () => {
    server = await startServer({ name: 'refused' });
    browser = await startBrowser();
    video = (await ingest(server, { project: PROJECT })).id;
    const whole = [...(await tracksOf(server, video)).values()].filter(
        track => track.length > 2 && track.every(({ class: name }) => name === 'bicycle'),
    );
    expect(whole.length, 'tracks of a bicycle').toBeGreaterThan(0);
    bicycle = whole[0] as [Seen, Seen, ...Seen[]];
});

afterEach(async () => {
    await forgetLabels(server, PROJECT);
    expect(await refused()).toEqual([]);
});

afterAll(async () => {
    await browser.close();
    await server.stop();
});

it('refuses the class of what is selected, with its whole track, and undo takes that back', async () => {
    const [first, second] = bicycle;
    const before = await bicycles();
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        const box = parts.boxes.getByRole('option', { selected: true });
        await page.goto(labelUrl(server, PROJECT, video, { t: first.pts_us, sel: first.id }));
        await expectBox(page, first.id, 'selected');
        await parts.card.getByRole('button', { name: 'Not a bicycle' }).waitFor();
        await page.keyboard.press('c');
        await parts.card.getByText('not bicycle', { exact: true }).waitFor();
        await expect.poll(() => box.getAttribute('aria-label')).toMatch(/^not bicycle, score/);
        await expect.poll(refused).toEqual(bicycle.map(({ id }) => id));
        expect(await bicycles()).toBe(before - bicycle.length);

        await expect
            .poll(() => parts.undo.getAttribute('aria-label'))
            .toBe('Undo: said that 1 object is not “bicycle”');
        await page.keyboard.press('Control+z');
        await parts.said(/^Undone: said that 1 object is not “bicycle”/).waitFor();
        await expect.poll(refused).toEqual([]);
        await parts.card.getByText('bicycle', { exact: true }).waitFor();

        // And again; in another picture of the track the button takes it back, wherever it was said.
        await page.keyboard.press('Control+Shift+Z');
        await parts.card.getByText('not bicycle', { exact: true }).waitFor();
        await page.goto(labelUrl(server, PROJECT, video, { t: second.pts_us, sel: second.id }));
        await parts.card.getByText('not bicycle', { exact: true }).waitFor();
        await parts.card.getByRole('button', { name: 'It is a bicycle' }).click();
        await parts.card.getByText('bicycle', { exact: true }).waitFor();
        await expect.poll(refused).toEqual([]);
        expect(await bicycles()).toBe(before);
        // It was nobody's label.
        expect(await labelsOf(server, PROJECT)).toEqual([]);
    });
});

it('leaves what was refused out of the similar ones of its class, and says "not" wherever it is shown', async () => {
    const [first] = bicycle;
    await server.request('POST', `/projects/${PROJECT}/labels/bicycle/examples`, { negative: [first.id] });
    const other = (await seenNow()).find(object => object.class === 'bicycle' && !object.class_refused) as Refusable;
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        await page.goto(labelUrl(server, PROJECT, video, { t: other.pts_us, sel: other.id }));
        const not = parts.similar.getByRole('button', { name: /^not bicycle at/ });
        await not.first().waitFor();
        await page.goto(labelUrl(server, PROJECT, video, { t: other.pts_us, sel: other.id, class: 'bicycle' }));
        await parts.picturesOf(parts.similar).first().waitFor();
        expect(await not.count()).toBe(0);
    });
});
