// Tracks that went wrong are put right: split, merged, and single objects given away, by mouse and by keys; boxes, timeline,
// labels and undo follow at once.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import {
    boxState,
    clickBox,
    drag,
    expectBox,
    forgetCorrections,
    forgetLabels,
    labelsOf,
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

const trackOf = (seen: Seen) => trackOfNow(server, video, seen);

beforeAll(async () => {
    server = await startServer({ name: 'corrections' });
    browser = await startBrowser();
    video = (await ingest(server, { project: PROJECT })).id;
    tracks = await tracksOf(server, video);
});

afterEach(async () => {
    await forgetCorrections(server, video);
    await forgetLabels(server, PROJECT);
    expect(await tracksOf(server, video)).toEqual(tracks);
});

afterAll(async () => {
    await browser.close();
    await server.stop();
});

const viewUrl = (query: Record<string, string | number>) => labelUrl(server, PROJECT, video, query);
const at = (seen: Seen) => viewUrl({ t: seen.pts_us, sel: seen.id });

/** The longest track, whose boxes are alone in their frames here and there. */
function longest(): Track {
    return [...tracks.values()].reduce((most, track) => (track.length > most.length ? track : most));
}

/** Two tracks that are never in the same frame, and objects of theirs that are far from each other in time. */
function apart(): [Track, Track] {
    const all = [...tracks.values()];
    for (const one of all)
        for (const two of all) {
            const frames = new Set(one.map(({ index }) => index));
            if (
                one.length > 2 &&
                two.length > 2 &&
                one[0].pts_us < two[0].pts_us &&
                !two.some(o => frames.has(o.index))
            )
                return [one, two];
        }
    throw new Error('all tracks of the video are in the same frames');
}

/** Two objects of different tracks in one frame. */
function together(): [Seen, Seen] {
    for (const one of tracks.values())
        for (const object of one)
            for (const two of tracks.values()) {
                const other = two === one ? undefined : two.find(({ index }) => index === object.index);
                if (other !== undefined) return [object, other];
            }
    throw new Error('no two tracks of the video are in the same frame');
}

it('splits a track where the player stands, with one key; undo and redo take turns with labels', async () => {
    const objects = longest();
    const middle = objects[3] as Seen;
    const [first] = objects;
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        await page.goto(at(middle));
        await expectBox(page, middle.id, 'selected');
        await parts.card.getByText(`Track ${numberOf(middle.track)}`).waitFor();
        await parts.card.getByText(`${objects.length} pictures`).waitFor();

        await page.keyboard.press('s');
        await parts.said(new RegExp(`^Split track ${numberOf(middle.track)} at`)).waitFor();
        await parts.card.getByText(`${objects.length - 3} pictures`).waitFor();
        const made = await trackOf(middle);
        expect(made).not.toBe(middle.track);
        expect(await trackOf(first)).toBe(middle.track);
        expect(await trackOf(objects.at(-1) as Seen)).toBe(made);
        await parts.card.getByText(`Track ${numberOf(made)}`).waitFor();

        // A label holds for the new track only; and it was given after the track was split.
        await parts.card.getByRole('combobox', { name: 'Name this object' }).fill('second half');
        await page.keyboard.press('Enter');
        await expect.poll(() => parts.undo.getAttribute('aria-label')).toContain('“second half”');
        expect(await labelsOf(server, PROJECT)).toMatchObject([{ name: 'second half', explicit: objects.length - 3 }]);

        // What was before is another object now: it is not marked as the selected one at another time.
        await seekTo(page, first, DURATION_US);
        expect(await boxState(page, first.id)).toMatch(/tracked|probable/);

        await page.keyboard.press('Control+z');
        await parts.said(/^Undone: named/).waitFor();
        expect(await trackOf(middle)).toBe(made);
        await page.keyboard.press('Control+z');
        await parts.said(/^Undone: split track/).waitFor();
        expect(await trackOf(middle)).toBe(middle.track);
        await expectBox(page, first.id, 'followed');

        // And again in the order in which it was done.
        await page.keyboard.press('Control+Shift+Z');
        await parts.said(/^Done again: split track/).waitFor();
        await page.keyboard.press('Control+Shift+Z');
        await parts.said(/^Done again: named/).waitFor();
        expect(await trackOf(middle)).toBe(made);
        expect((await labelsOf(server, PROJECT)).map(({ name }) => name)).toEqual(['second half']);
    });
});

it('splits it with the scissors on the timeline, which are where it can be split', async () => {
    const objects = longest();
    const [first] = objects;
    const middle = objects[2] as Seen;
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        const scissors = page.getByRole('button', { name: 'Split the track here' });
        await page.goto(at(first));
        await expectBox(page, first.id, 'selected');
        await parts.card.getByText(`${objects.length} pictures`).waitFor();
        expect(await scissors.count()).toBe(0);
        // The button says where to go instead.
        await parts.card.getByRole('button', { name: 'Split here' }).click();
        await page.getByText(/^The track cannot be split here\. Go to the first picture/).waitFor();
        expect(await trackOf(first)).toBe(first.track);

        await seekTo(page, middle, DURATION_US);
        await scissors.click();
        await parts.said(new RegExp(`^Split track ${numberOf(first.track)} at`)).waitFor();
        await parts.card.getByText(/^\d pictures/).waitFor();
        expect(await trackOf(first)).toBe(first.track);
        expect(await trackOf(objects.at(-1) as Seen)).not.toBe(first.track);

        // The message takes it back, too.
        await page.getByRole('button', { name: 'Undo', exact: true }).click();
        await parts.said(/^Undone: split track/).waitFor();
        expect(await trackOf(objects.at(-1) as Seen)).toBe(first.track);
    });
});

it('merges two tracks by picking the other one at another time; Escape picks nothing', async () => {
    const [one, two] = apart();
    const [first] = one;
    const [other] = two;
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        const banner = page.getByText(`Merge track ${numberOf(first.track)} with…`);
        await page.goto(at(first));
        await parts.card.getByText(`${one.length} pictures`).waitFor();
        await parts.card.getByRole('button', { name: 'Merge with…' }).click();
        await banner.waitFor();
        await page.keyboard.press('Escape');
        await expect.poll(() => banner.count()).toBe(0);
        // The selection stayed.
        expect(page.url()).toContain(`sel=${first.id}`);

        await page.keyboard.press('w');
        await banner.waitFor();
        await seekTo(page, other, DURATION_US);
        await clickBox(page, other.id);
        await parts
            .said(new RegExp(`^Merged track ${numberOf(other.track)} into track ${numberOf(first.track)}`))
            .waitFor();
        await expect.poll(() => banner.count()).toBe(0);
        await parts.card.getByText(`${one.length + two.length} pictures`).waitFor();
        await expectBox(page, other.id, 'followed');
        expect(await trackOf(other)).toBe(first.track);
    });
});

it('merges two tracks with keys only', async () => {
    const [one, two] = apart();
    const [first] = one;
    const [other] = two;
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        await page.goto(at(first));
        await parts.card.getByText(`${one.length} pictures`).waitFor();
        await page.keyboard.press('w');
        await parts.said(/^Merge track/).waitFor();
        for (let step = 0; (await layerOf(page)).boxes.every(({ id }) => id !== other.id); step++) {
            expect(step).toBeLessThan(60);
            const { ptsUs } = await layerOf(page);
            await page.keyboard.press('ArrowRight');
            await expect.poll(async () => (await layerOf(page)).ptsUs).not.toBe(ptsUs);
        }
        // To the other box in the list, and pick it.
        await parts.boxes.locator('[role=option]').first().waitFor();
        const wanted = new RegExp(`track ${numberOf(other.track)}$`);
        const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
        for (let step = 0; !wanted.test(await focused()); step++) {
            expect(step).toBeLessThan(20);
            await page.keyboard.press(']');
        }
        await page.keyboard.press('Enter');
        await parts.said(/^Merged track/).waitFor();
        expect(await trackOf(other)).toBe(first.track);
        await page.keyboard.press('Control+z');
        await parts.said(/^Undone: merged track/).waitFor();
        expect(await trackOf(other)).toBe(other.track);
    });
});

it('merges what is dragged onto a box, and says before what it would do', async () => {
    const [one, two] = apart();
    const [first] = one;
    const [other] = two;
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        await page.goto(viewUrl({ t: other.pts_us, sel: first.id }));
        await parts.card.getByText(`${one.length} pictures`).waitFor();
        const picture = await middle(parts.card.getByRole('button', { name: /drag it/ }));
        const box = await placeOfBox(page, other.id);
        await drag(page, picture, box, async () => {
            await page.getByText(`Merge into track ${numberOf(other.track)}`).waitFor();
        });
        await parts
            .said(new RegExp(`^Merged track ${numberOf(first.track)} into track ${numberOf(other.track)}`))
            .waitFor();
        expect(await trackOf(first)).toBe(other.track);
        // It is no click: what was selected is still.
        expect(page.url()).toContain(`sel=${first.id}`);
    });
});

it('takes a box of the player to a column, and says why two in one picture are not one', async () => {
    const [one, other] = together();
    await inPage(browser, async ({ page, expectTrouble }) => {
        const parts = partsOf(page);
        await page.goto(at(one));
        await expectBox(page, one.id, 'selected');
        await drag(page, await placeOfBox(page, one.id), await middle(parts.no));
        await parts.pictureOf(parts.no, one.id).waitFor();

        expectTrouble(/409/);
        await page.keyboard.press('w');
        await parts.boxes.getByRole('option', { name: new RegExp(`track ${numberOf(other.track)}$`) }).click();
        await page
            .getByText(
                new RegExp(`^Tracks ${numberOf(other.track)} and ${numberOf(one.track)} cannot be one: both have`),
            )
            .waitFor();
        expect(await trackOf(other)).toBe(other.track);
    });
});

it('takes one object out of its track, and gives it to another', async () => {
    const [one, two] = apart();
    const [first, second] = one;
    const [other] = two;
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        await page.goto(at(first));
        await parts.card.getByText(`${one.length} pictures`).waitFor();
        await page.keyboard.press('d');
        await parts.said(/^Took the object at/).waitFor();
        await parts.card.getByText('1 picture,').waitFor();
        const made = await trackOf(first);
        expect(made).not.toBe(first.track);
        expect(await trackOf(second as Seen)).toBe(first.track);

        await parts.card.getByRole('button', { name: 'More for this track' }).click();
        await page.getByRole('menuitem', { name: 'Give this one to another track…' }).click();
        await parts.said(/^Give this /).waitFor();
        await seekTo(page, other, DURATION_US);
        await clickBox(page, other.id);
        await parts.said(new RegExp(`^Gave the object at .* to track ${numberOf(other.track)}`)).waitFor();
        expect(await trackOf(first)).toBe(other.track);
        expect((await tracksOf(server, video)).has(made ?? '')).toBe(false);

        // All of it is in the history.
        await parts.card.getByRole('button', { name: 'More for this track' }).click();
        await page.getByRole('menuitem', { name: 'Corrections of tracks…' }).click();
        const steps = page.getByRole('dialog', { name: 'Corrections of tracks' }).getByRole('listitem');
        await expect
            .poll(async () => (await steps.allInnerTexts()).slice(0, 2).map(text => text.split('\n')[0]))
            .toEqual([
                expect.stringMatching(/^gave the object at .* to track/i),
                expect.stringMatching(/^took the object at .* out of track/i),
            ]);
    });
});

it('corrects tracks with a finger on a phone', async () => {
    const objects = longest();
    const middleOne = objects[2] as Seen;
    await inPage(
        browser,
        async ({ page }) => {
            const parts = partsOf(page);
            await page.goto(at(middleOne));
            await parts.card.getByText(`${objects.length} pictures`).waitFor();
            await parts.card.getByRole('button', { name: 'Split here' }).tap();
            await parts.said(new RegExp(`^Split track ${numberOf(middleOne.track)} at`)).waitFor();
            const made = await trackOf(middleOne);
            expect(made).not.toBe(middleOne.track);
            await parts.card.getByRole('button', { name: 'Merge with…' }).tap();
            await parts.said(/^Merge track/).waitFor();
            // One sample back is the end of what was split off.
            await page.getByRole('button', { name: 'Previous sampled frame' }).tap();
            const before = objects[1] as Seen;
            for (let step = 0; (await layerOf(page)).boxes.every(({ id }) => id !== before.id); step++) {
                expect(step).toBeLessThan(10);
                const { ptsUs } = await layerOf(page);
                await page.getByRole('button', { name: 'Previous sampled frame' }).tap();
                await expect.poll(async () => (await layerOf(page)).ptsUs).not.toBe(ptsUs);
            }
            const { x, y } = await placeOfBox(page, before.id);
            await page.touchscreen.tap(x, y);
            await parts.said(/^Merged track/).waitFor();
            expect(await trackOf(before)).toBe(made);
        },
        { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
    );
});
