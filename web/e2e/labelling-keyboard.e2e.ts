// Labelling without a mouse.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import {
    boxState,
    expectBox,
    forgetLabels,
    labelsOf,
    labelUrl,
    nameByServer,
    objectsOf,
    parkedBicycle,
    partsOf,
    type Seen,
} from './labelling-support.ts';
import { ingest, inPage, startBrowser, startServer, type Server } from './support.ts';

const PROJECT = 'street';

let server: Server;
let browser: Browser;
let video: string;
/** Pictures of the parked bicycle that are alone in their frame. */
let bicycle: [Seen, Seen, Seen, ...Seen[]];

beforeAll(async () => {
    server = await startServer({ name: 'keyboard', follows: false });
    browser = await startBrowser();
    video = (await ingest(server, { project: PROJECT })).id;
    const frames = (await objectsOf(server, video)).map(({ index }) => index);
    const alone = (await parkedBicycle(server, video)).filter(
        ({ index }) => frames.indexOf(index) === frames.lastIndexOf(index),
    );
    expect(alone.length).toBeGreaterThanOrEqual(3);
    bicycle = alone as [Seen, Seen, Seen, ...Seen[]];
});

afterEach(() => forgetLabels(server, PROJECT));

afterAll(async () => {
    await browser.close();
    await server.stop();
});

const viewUrl = (query: Record<string, string | number>) => labelUrl(server, PROJECT, video, query);

const focused = (page: Page, attribute: string) =>
    page.evaluate(name => document.activeElement?.getAttribute(name) ?? null, attribute);

/** Presses a key until what has the focus is what is looked for. */
async function pressUntil(page: Page, key: string, attribute: string, wanted: RegExp): Promise<string> {
    for (let presses = 0; presses < 80; presses++) {
        const now = await focused(page, attribute);
        if (now !== null && wanted.test(now)) return now;
        await page.keyboard.press(key);
        // In a grid the focus follows when the row is drawn: until then it says where it was.
        await page.evaluate(
            () =>
                new Promise(drawn =>
                    requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(drawn))),
                ),
        );
    }
    throw new Error(`${key} does not lead to ${String(wanted)}`);
}

const explicitOf = async (label: string) =>
    (await labelsOf(server, PROJECT)).find(({ name }) => name === label)?.explicit ?? 0;

it('names an object with keys only, from choosing the box to undo and redo', async () => {
    await inPage(browser, async ({ page }) => {
        const [first] = bicycle;
        const parts = partsOf(page);
        await page.goto(viewUrl({ t: first.pts_us }));
        await boxState(page, first.id);
        await page.keyboard.press(']');
        await expectBox(page, first.id, 'selected');
        await parts.picturesOf(parts.similar).first().waitFor();

        // Tab leads to the pictures; one is picked up, carried over both columns, and dropped.
        await pressUntil(page, 'Tab', 'aria-label', /^bicycle .*similarity/);
        const best = (await focused(page, 'data-object')) ?? '';
        const says = page.locator('[id^=DndLiveRegion]');
        await page.keyboard.press('Space');
        await expect.poll(() => says.innerText()).toMatch(/^(Picked up bicycle|Over )/);
        await page.keyboard.press('ArrowRight');
        await expect.poll(() => says.innerText()).toBe('Over the No column.');
        await page.keyboard.press('ArrowLeft');
        await expect.poll(() => says.innerText()).toBe('Over the Yes column.');
        await page.keyboard.press('Space');
        await expect.poll(() => says.innerText()).toMatch(/was put into the Yes column\.$/);
        await parts.pictureOf(parts.yes, best).waitFor();
        await parts.suggested.first().waitFor();

        // The focus is where it was: on to a look-alike, which N throws into No.
        await expect.poll(() => focused(page, 'data-object')).toBe(best);
        await pressUntil(page, 'ArrowRight', 'aria-label', /^person .*similarity/);
        const other = (await focused(page, 'data-object')) ?? '';
        await page.keyboard.press('n');
        await parts.pictureOf(parts.no, other).waitFor();
        await parts.suggested.first().waitFor();

        await page.keyboard.press('t');
        await page.keyboard.type('my bicycle');
        await page.keyboard.press('Enter');
        await expect.poll(() => parts.steps.innerText()).toContain('“my bicycle”, 1 is not it');
        const named = await explicitOf('my bicycle');
        expect(named).toBeGreaterThanOrEqual(4);

        await page.keyboard.press('Control+z');
        await parts.said(/^Undone: named .* “my bicycle”, 1 is not it\.$/).waitFor();
        expect(await labelsOf(server, PROJECT)).toEqual([]);
        // What was named is in the columns again, as it was before.
        await parts.pictureOf(parts.yes, best).waitFor();
        await parts.pictureOf(parts.no, other).waitFor();
        expect(await parts.name.inputValue()).toBe('my bicycle');
        await page.keyboard.press('Control+Shift+Z');
        await parts.said(/^Done again: named/).waitFor();
        expect(await explicitOf('my bicycle')).toBe(named);
        await expect.poll(() => parts.picturesOf(page.locator('[data-column]')).count()).toBe(0);

        // And once more: the step is the same one.
        await page.keyboard.press('Control+z');
        await parts.pictureOf(parts.yes, best).waitFor();
        await parts.pictureOf(parts.no, other).waitFor();
    });
});

it('leads from a picture without objects to the next one with some, by a key or the button beside that', async () => {
    const [first] = await objectsOf(server, video);
    expect(first?.pts_us, 'the first picture has nothing in it').toBeGreaterThan(0);
    await inPage(browser, async ({ page }) => {
        const { boxes } = partsOf(page);
        for (const go of [
            () => page.keyboard.press(']'),
            () => page.getByRole('button', { name: /^Show the next one/ }).click(),
        ]) {
            await page.goto(viewUrl({ t: 0 }));
            await page.getByText('No objects in this picture').waitFor();
            await go();
            await expectBox(page, first?.id ?? '', 'selected');
            await boxes.getByRole('option', { selected: true }).waitFor();
            await expect.poll(() => page.url()).toContain(`sel=${first?.id}`);
        }
    });
});

it('answers what is asked with one key each, and takes it back with Ctrl-Z', async () => {
    await nameByServer(server, PROJECT, 'my bicycle', { positive: [bicycle[0].id] });
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        await page.goto(viewUrl({ label: 'my bicycle' }));
        await parts.boxes.waitFor();
        await page.keyboard.press('3');
        const question = page.getByRole('button', { name: /: drag it into a column$/ }).locator('img');
        await question.waitFor();
        const asked = /objects\/([^/]+)\/image/.exec((await question.getAttribute('src')) ?? '')?.[1] ?? '';

        await page.keyboard.press('y');
        await page.getByText(/^1 answer about to be saved/).waitFor();
        await page.keyboard.press('Control+z');
        await expect.poll(() => question.getAttribute('src')).toContain(asked);
        expect(await explicitOf('my bicycle')).toBe(1);

        await page.keyboard.press('y');
        await expect.poll(() => explicitOf('my bicycle')).toBe(2);
        await expect.poll(() => parts.steps.innerText()).toContain('named 1 object “my bicycle”');
        await page.keyboard.press('Control+z');
        await expect.poll(() => explicitOf('my bicycle')).toBe(1);
    });
});

it('says how good a label is, in the figures of the server, once enough was said of it', async () => {
    interface Candidates {
        candidates: object[];
        settled: boolean;
        precision: number | null;
        missing: number | null;
    }
    const [first, second, third] = bicycle;
    await nameByServer(server, PROJECT, 'my bicycle', { positive: [first.id] });
    await inPage(browser, async ({ page }) => {
        const panel = page.getByRole('tabpanel');
        const quality = panel.getByText(/of what carries this label/);
        await page.goto(viewUrl({ label: 'my bicycle', panel: 'candidates' }));
        await panel.getByText('1 picture said to be it').waitFor();
        expect(await quality.count()).toBe(0);

        const person = (await objectsOf(server, video)).find(({ class: name }) => name === 'person') as Seen;
        await nameByServer(server, PROJECT, 'my bicycle', { positive: [second.id, third.id], negative: [person.id] });
        await page.reload();
        await panel.getByText('3 pictures said to be it').waitFor();
        const { precision, missing, settled } = await server.get<Candidates>(
            `/projects/${PROJECT}/labels/my%20bicycle/candidates?limit=20`,
        );
        const percent = Math.round((precision ?? 0) * 100);
        await expect
            .poll(() => quality.innerText())
            .toMatch(
                percent === 100 ? /^Nearly all of what carries/ : new RegExp(`^About ${percent} % of what carries`),
            );
        expect(await quality.innerText()).toMatch(
            missing === 0
                ? /nothing is left to be found\.$/
                : new RegExp(`about ${missing} objects? (is|are) probably not`),
        );
        await expect.poll(() => panel.getByText(/^Settled, as far as/).count()).toBe(settled ? 1 : 0);
    });
});

it('accepts a likely label with one key, refuses another, and undoes both', async () => {
    await nameByServer(server, PROJECT, 'my bicycle', { positive: [bicycle[0].id] });
    const kindOf = async ({ id }: Seen) =>
        (await objectsOf(server, video)).find(object => object.id === id)?.label?.kind ?? null;
    const [, one, two] = bicycle;
    expect([await kindOf(one), await kindOf(two)]).toEqual(['probable', 'probable']);

    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        await page.goto(viewUrl({ t: one.pts_us, sel: one.id }));
        await parts.card.getByText('Probably').waitFor();
        const picture = () => page.getByTestId('object-layer').boundingBox();
        const before = await picture();
        await page.keyboard.press('y');
        await expect.poll(() => kindOf(one)).toBe('explicit');
        await expect.poll(() => parts.card.innerText()).not.toContain('Probably');
        expect(await picture()).toEqual(before);
        await parts.boxes.getByRole('option', { name: /^my bicycle, labelled/ }).waitFor();

        // Refused is not the same as never asked: it is no likely label any more.
        await page.goto(viewUrl({ t: two.pts_us, sel: two.id }));
        await parts.card.getByText('my bicycle').waitFor();
        await page.keyboard.press('x');
        await expect.poll(() => kindOf(two)).toBeNull();
        await parts.card.getByText('No label yet').waitFor();

        await page.keyboard.press('Control+z');
        await page.keyboard.press('Control+z');
        await expect.poll(() => kindOf(two)).toBe('probable');
        await expect.poll(() => kindOf(one)).toBe('probable');
    });
});

it('lists every key on ?', async () => {
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        await page.goto(viewUrl({ t: bicycle[0].pts_us, sel: bicycle[0].id }));
        await parts.picturesOf(parts.similar).first().waitFor();
        await page.keyboard.press('?');
        const map = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
        for (const what of ['Undo the last step', 'Put it into Yes', 'Select the next box', 'Play or pause'])
            await map.getByText(what, { exact: true }).waitFor();
        await page.keyboard.press('Escape');
        await expect.poll(() => map.count()).toBe(0);
    });
});
