// Objects that are followed: one word names them wherever they were followed, and searches show each once.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import {
    expectBox,
    labelsOf,
    labelUrl,
    objectsOf,
    parkedBicycle,
    partsOf,
    seekTo,
    tracksOf,
    type Seen,
} from './labelling-support.ts';
import { ingest, inPage, startBrowser, startServer, type Server } from './support.ts';

const DURATION_US = 10_000_000;

let server: Server;
let browser: Browser;
let video: string;
/** The parked bicycle in the frames in which it was followed. */
let bicycle: [Seen, Seen, Seen, ...Seen[]];

beforeAll(async () => {
    server = await startServer({ name: 'tracks' });
    browser = await startBrowser();
    video = (await ingest(server)).id;
    const seen = await parkedBicycle(server, video);
    const track = seen[0]?.track;
    expect(track).toMatch(/-t\d+$/);
    bicycle = seen.filter(object => object.track === track) as [Seen, Seen, Seen, ...Seen[]];
    expect(bicycle.length).toBeGreaterThanOrEqual(5);
});

afterAll(async () => {
    await browser.close();
    await server.stop();
});

it('names an object in every frame in which it was followed, with one word', async () => {
    await inPage(browser, async ({ page }) => {
        const [first] = bicycle;
        const last = bicycle.at(-1) as Seen;
        const parts = partsOf(page);
        // Where it appears is asked for the timeline.
        const appearances = page.waitForResponse(answer => answer.url().includes(`track=${String(first.track)}`));
        await page.goto(labelUrl(server, 'street', video, { t: first.pts_us, sel: first.id }));
        await expectBox(page, first.id, 'selected');
        await appearances;
        await page.keyboard.press('p');
        await parts.pictureOf(parts.yes, first.id).waitFor();
        await parts.name.fill('my bicycle');
        await page.keyboard.press('Enter');
        await expect.poll(() => parts.steps.innerText()).toContain('“my bicycle”');

        const now = await objectsOf(server, video);
        const named = now.filter(({ label }) => label?.name === 'my bicycle' && label.kind === 'explicit');
        const ids = new Set(named.map(({ id }) => id));
        expect(bicycle.filter(({ id }) => !ids.has(id))).toEqual([]);
        const [label] = await labelsOf(server, 'street');
        expect(label).toMatchObject({ name: 'my bicycle', explicit: named.length });

        await page.keyboard.press('Escape');
        await expect.poll(() => page.url()).not.toContain('sel=');
        await seekTo(page, last, DURATION_US);
        await expectBox(page, last.id, 'explicit');

        await parts.undo.click();
        await expect.poll(() => labelsOf(server, 'street')).toEqual([]);
        // White with a coloured bar: detected and followed, and nothing more.
        await expectBox(page, last.id, 'tracked');
    });
});

it.each([1440, 1280, 1024])('keeps the picture where it is when one goes from panel to panel, %i wide', async width => {
    const [first] = bicycle;
    await inPage(
        browser,
        async ({ page }) => {
            const parts = partsOf(page);
            await page.goto(labelUrl(server, 'street', video, { t: first.pts_us, sel: first.id }));
            await expectBox(page, first.id, 'selected');
            await parts.card.getByRole('button', { name: /^Add to Yes/ }).waitFor();
            const picture = () => page.getByTestId('object-layer').boundingBox();
            const before = await picture();
            for (const [key, panel] of [
                ['2', 'Labels'],
                ['3', 'Is this it?'],
            ] as const) {
                await page.keyboard.press(key);
                await page.getByRole('tab', { name: panel, selected: true }).waitFor();
                await parts.card.getByRole('button', { name: /^Find similar/ }).waitFor();
                expect(await picture()).toEqual(before);
            }
            await parts.card.getByRole('button', { name: /^Find similar/ }).click();
            await parts.card.getByRole('button', { name: /^Find similar/ }).waitFor({ state: 'hidden' });
            expect(await picture()).toEqual(before);
        },
        { viewport: { width, height: 900 } },
    );
});

it('shows each followed object once in a search by class, and all of its pictures on demand', async () => {
    await inPage(browser, async ({ page }) => {
        await page.goto(`${server.url}/p/street/search?class=bicycle`);
        await page.locator('[data-object]').first().waitFor();
        const shown = await page
            .locator('[data-object]')
            .evaluateAll(cards => cards.map(card => card.getAttribute('data-object')));
        const tracks = new Map((await objectsOf(server, video)).map(({ id, track }) => [id, track]));
        const followed = shown.map(id => tracks.get(id ?? '')).filter(Boolean);
        expect(followed.length).toBeGreaterThan(0);
        expect(new Set(followed).size).toBe(followed.length);

        const results = page.getByRole('list', { name: 'Results' }).getByRole('listitem');
        const found = [...(await tracksOf(server, video)).values()].find(([first, second]) => {
            return second !== undefined && followed.includes(first.track);
        })!;
        const at = shown.findIndex(id => found.some(object => object.id === id));
        await results
            .nth(at)
            .getByRole('button', { name: `Show all ${found.length} pictures of its track` })
            .click();
        const rest = found.filter(({ id }) => id !== shown[at]);
        await results.locator(`[data-object="${rest[0]!.id}"]`).waitFor();
        expect(
            await results
                .nth(at + 1)
                .locator('[data-object]')
                .getAttribute('data-object'),
        ).toBe(rest[0]!.id);
        const size = String(shown.length + rest.length);
        await expect.poll(() => results.first().getAttribute('aria-setsize')).toBe(size);
    });
});
