// Objects are given to another track: several marked ones, or all from a picture on; by mouse, by keys, and taken back.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import {
    clickBox,
    drag,
    expectBox,
    forgetCorrections,
    labelUrl,
    layerOf,
    middle,
    numberOf,
    partsOf,
    placeOfBox,
    seekTo,
    trackOfNow,
    tracksOf,
    type Seen,
    type Track,
} from './labelling-support.ts';
import { ingest, inPage, startBrowser, startServer, type Server } from './support.ts';

const PROJECT = 'street';
const DURATION_US = 10_000_000;

let server: Server;
let browser: Browser;
let video: string;
let tracks: Map<string, Track>;

beforeAll(async () => {
    server = await startServer({ name: 'giving' });
    browser = await startBrowser();
    video = (await ingest(server, { project: PROJECT })).id;
    tracks = await tracksOf(server, video);
});

afterEach(async () => {
    await forgetCorrections(server, video);
    expect(await tracksOf(server, video)).toEqual(tracks);
});

afterAll(async () => {
    await browser.close();
    await server.stop();
});

const trackOf = (seen: Seen) => trackOfNow(server, video, seen);
const at = (seen: Seen) => labelUrl(server, PROJECT, video, { t: seen.pts_us, sel: seen.id });

/** One object of each of two tracks, in different pictures, and one of a third that is in neither of these. */
function threeApart(): [Seen, Seen, Seen] {
    const all = [...tracks.values()];
    for (const [one] of all)
        for (const [two] of all)
            for (const three of all) {
                const frames = [one.index, two.index];
                const elsewhere = three.find(({ index }) => index > Math.max(...frames));
                const isFree = three.every(({ index }) => !frames.includes(index));
                if (one.index < two.index && isFree && elsewhere !== undefined) return [one, two, elsewhere];
            }
    throw new Error('the video has no three tracks that are apart');
}

/** Two tracks that are in the same pictures for a while, and the first object of the one that has the other beside it. */
function together(): { one: Track; two: Track; from: Seen; beside: Seen } {
    for (const one of tracks.values())
        for (const two of tracks.values()) {
            const frames = new Map(two.map(object => [object.index, object]));
            const shared = one.filter(({ index }) => frames.has(index));
            const [from] = shared;
            const beside = frames.get(from?.index ?? -1);
            if (one !== two && from !== undefined && beside !== undefined && shared.length > 1 && from !== one[0])
                return { one, two, from, beside };
        }
    throw new Error('no two tracks of the video go side by side');
}

/** Puts what is selected into the Yes column. */
async function intoYes(page: Page, seen: Seen) {
    const parts = partsOf(page);
    await page.goto(at(seen));
    await expectBox(page, seen.id, 'selected');
    await page.keyboard.press('p');
    await parts.pictureOf(parts.yes, seen.id).waitFor();
}

it('gives marked pictures to the track of an object that is clicked, and takes them back', async () => {
    const [one, two, target] = threeApart();
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        await intoYes(page, one);
        await intoYes(page, two);
        await parts.pictureOf(parts.yes, one.id).click();
        await parts.pictureOf(parts.yes, two.id).click({ modifiers: ['Control'] });
        const bar = page.getByRole('group', { name: 'Marked pictures' });
        await bar.getByText('2 pictures marked').waitFor();
        await bar.getByRole('button', { name: 'Give to a track…' }).click();
        await parts.said(/^Give these 2 pictures to…/).waitFor();

        await seekTo(page, target, DURATION_US);
        await clickBox(page, target.id);
        await parts.said(`Gave 2 objects to track ${numberOf(target.track)}.`).waitFor();
        expect([await trackOf(one), await trackOf(two)]).toEqual([target.track, target.track]);

        await page.keyboard.press('Control+z');
        await parts.said(/^Undone: gave 2 objects/).waitFor();
        expect([await trackOf(one), await trackOf(two)]).toEqual([one.track, two.track]);
    });
});

it('gives them with keys only, and leaves the focus where it was', async () => {
    const [one, two, target] = threeApart();
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        await intoYes(page, one);
        await intoYes(page, two);
        const picture = parts.pictureOf(parts.yes, one.id);
        await picture.focus();
        await page.keyboard.press('m');
        await page.keyboard.press('ArrowRight');
        await expect
            .poll(() => parts.pictureOf(parts.yes, two.id).evaluate(e => e === document.activeElement))
            .toBe(true);
        await page.keyboard.press('m');
        await page.keyboard.press('g');
        await parts.said(/^Give these 2 pictures to…/).waitFor();

        // The keys are the player's now: to the picture, to the box, and picked.
        for (let step = 0; (await layerOf(page)).boxes.every(({ id }) => id !== target.id); step++) {
            expect(step).toBeLessThan(60);
            const { ptsUs } = await layerOf(page);
            await page.keyboard.press('ArrowRight');
            await expect.poll(async () => (await layerOf(page)).ptsUs).not.toBe(ptsUs);
        }
        const wanted = new RegExp(`track ${numberOf(target.track)}$`);
        await parts.boxes.getByRole('option', { name: wanted }).waitFor();
        const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
        for (let step = 0; !wanted.test(await focused()); step++) {
            expect(step).toBeLessThan(20);
            await page.keyboard.press(']');
        }
        await page.keyboard.press('Enter');
        await parts.said(/^Gave 2 objects to/).waitFor();
        expect([await trackOf(one), await trackOf(two)]).toEqual([target.track, target.track]);
        await expect
            .poll(() => parts.pictureOf(parts.yes, two.id).evaluate(e => e === document.activeElement))
            .toBe(true);
    });
});

it('gives marked pictures that are dropped onto a box, and says before what it would do', async () => {
    const [one, two, target] = threeApart();
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        await intoYes(page, one);
        await intoYes(page, two);
        await page.goto(labelUrl(server, PROJECT, video, { t: target.pts_us }));
        await parts.pictureOf(parts.yes, one.id).click();
        await parts.pictureOf(parts.yes, two.id).click({ modifiers: ['Control'] });
        const box = await placeOfBox(page, target.id);
        await drag(page, await middle(parts.pictureOf(parts.yes, two.id)), box, async () => {
            await page.getByText(`Give 2 to track ${numberOf(target.track)}`).waitFor();
        });
        await parts.said(/^Gave 2 objects to/).waitFor();
        expect([await trackOf(one), await trackOf(two)]).toEqual([target.track, target.track]);
    });
});

it('gives the rest of a track from the picture on, and what is beside it goes the other way', async () => {
    const { one, two, from, beside } = together();
    const isRest = ({ index }: Seen) => index >= from.index;
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        await page.goto(at(from));
        await expectBox(page, from.id, 'selected');
        await parts.card.getByText(`${one.length} pictures`).waitFor();
        await page.keyboard.press('r');
        await parts.said(new RegExp(`on, track ${numberOf(from.track)} is…`)).waitFor();
        await clickBox(page, beside.id);
        await parts.said(new RegExp(`^Gave .* to track ${numberOf(beside.track)}`)).waitFor();
        const frames = new Set(one.filter(isRest).map(({ index }) => index));
        for (const object of one) expect(await trackOf(object)).toBe(isRest(object) ? beside.track : from.track);
        for (const object of two)
            expect(await trackOf(object)).toBe(frames.has(object.index) ? from.track : beside.track);

        await page.getByRole('button', { name: 'Undo', exact: true }).click();
        await parts.said(/^Undone: gave/).waitFor();
        expect(await tracksOf(server, video)).toEqual(tracks);
    });
});

it('says why pictures cannot be one, and that nothing of a track is left', async () => {
    const { one, two, from, beside } = together();
    const target = [...tracks.values()].find(track => track !== one && track !== two)?.[0] as Seen;
    const last = one.at(-1) as Seen;
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        await intoYes(page, from);
        await intoYes(page, beside);
        await parts.pictureOf(parts.yes, from.id).click();
        await parts.pictureOf(parts.yes, beside.id).click({ modifiers: ['Control'] });
        await page.keyboard.press('g');
        await seekTo(page, target, DURATION_US);
        await clickBox(page, target.id);
        await page.getByText(/are in one picture: they cannot be one and the same\.$/).waitFor();
        expect([await trackOf(from), await trackOf(beside)]).toEqual([from.track, beside.track]);

        await page.goto(labelUrl(server, PROJECT, video, { t: last.pts_us + 1_000_000, sel: last.id }));
        await parts.card.getByText(`${one.length} pictures`).waitFor();
        // The player is on its way there.
        await expect.poll(async () => (await layerOf(page)).ptsUs).toBeGreaterThan(last.pts_us);
        await page.keyboard.press('r');
        await page.getByText(/^Nothing of the track is left here\. Go to the first picture/).waitFor();
    });
});
