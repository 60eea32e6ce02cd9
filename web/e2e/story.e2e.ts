// The whole way, as a person goes it who sees the application for the first time: from a file to an object that is known
// wherever it appears.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import {
    clickBox,
    dragInto,
    expectBox,
    labelsOf,
    objectsOf,
    parkedBicycle,
    partsOf,
    seekTo,
    type Seen,
} from './labelling-support.ts';
import { inPage, startBrowser, startServer, STREET_SCENE, type Server } from './support.ts';

const DURATION_US = 10_000_000;

let server: Server;
let browser: Browser;

beforeAll(async () => {
    // One frame after the other: decoding must go on while somebody looks, also of a short video.
    const args = ['--indexers', '1', '--frames-in-flight', '1', '--frames-ahead', '2'];
    server = await startServer({ name: 'story', args, follows: false });
    browser = await startBrowser();
});

afterAll(async () => {
    await browser.close();
    await server.stop();
});

it('leads from a source to an object that is named everywhere', async () => {
    await inPage(browser, async ({ page }) => {
        // Which nodes light up: each flash is an animation on its node.
        await page.addInitScript(() => {
            const lit: string[] = [];
            Object.assign(window, { lit });
            // eslint-disable-next-line @typescript-eslint/unbound-method -- called on the element below
            const animate = Element.prototype.animate;
            Element.prototype.animate = function (...how) {
                const node = this.closest<HTMLElement>('.react-flow__node');
                if (node !== null) lit.push(node.dataset.id ?? '');
                return animate.apply(this, how);
            };
        });

        // The source.
        await page.goto(server.url);
        await page.getByRole('link', { name: 'New video' }).first().click();
        await page.getByLabel('Address of the video').fill(STREET_SCENE);
        await page.getByLabel('Project', { exact: true }).fill('story');
        await page.getByRole('button', { name: 'Start indexing' }).click();

        // The ingestion, live.
        await page.waitForURL('**/p/story/activity**');
        const lit = () => page.evaluate(() => (window as unknown as { lit: string[] }).lit.join(' '));
        await expect.poll(lit, { message: 'a downloader lights up' }).toMatch(/downloader/);
        await expect.poll(lit, { message: 'an indexer lights up' }).toMatch(/indexer/);
        const open = page.getByRole('link', { name: 'Open in the labelling view' });
        await open.waitFor({ timeout: 120_000 });
        await open.click();
        await page.waitForURL('**/p/story/v/*');
        const video = /\/v\/([0-9a-f]{16})/.exec(page.url())?.[1] ?? '';

        // Click a box: what looks like it appears, best first.
        const parts = partsOf(page);
        const bicycle = await parkedBicycle(server, video);
        const ids = new Set(bicycle.map(({ id }) => id));
        const [first] = bicycle as [Seen, ...Seen[]];
        await seekTo(page, first, DURATION_US);
        await clickBox(page, first.id);
        await expectBox(page, first.id, 'selected');
        const found = parts.picturesOf(parts.similar);
        await found.first().waitFor();
        const best = (await found.first().getAttribute('data-object')) ?? '';
        expect(ids, 'the most similar picture').toContain(best);
        expect(await found.first().getAttribute('aria-label')).toMatch(/similarity 0\.\d\d/);

        // Drag it into Yes: the column fills by itself with others that are surely the same.
        await dragInto(page, found.first(), parts.yes);
        await parts.pictureOf(parts.yes, best).waitFor();
        await parts.suggested.first().waitFor();
        await expect.poll(() => parts.yes.getByText(/^\d+ suggested$/).innerText()).toMatch(/^([4-9]|\d\d) /);
        const suggested = await parts.suggested.first().getAttribute('data-object');
        expect(ids, 'what is suggested').toContain(suggested);

        // A look-alike into No, another picture out of the column.
        const walker = parts.similar.getByRole('button', { name: /^person/ }).first();
        const other = (await walker.getAttribute('data-object')) ?? '';
        await dragInto(page, walker, parts.no);
        await parts.pictureOf(parts.no, other).waitFor();
        await parts.suggested.first().waitFor();
        await parts.yes
            .getByRole('button', { name: /^Show all \d+ near-identical/ })
            .first()
            .click();
        // One that is alone in its frame: a click on its box means no other.
        const frames = (await objectsOf(server, video)).map(({ index }) => index);
        const isAlone = (index: number) => frames.indexOf(index) === frames.lastIndexOf(index);
        const alone = bicycle.filter(({ id, index }) => id !== best && isAlone(index));
        const unsure = (alone.at(-1) as Seen).id;
        await parts.pictureOf(parts.yes, unsure).waitFor();
        await parts.pictureOf(parts.yes, unsure).focus();
        await page.keyboard.press('Delete');
        await expect.poll(() => parts.pictureOf(parts.yes, unsure).count()).toBe(0);

        // Name it.
        await parts.name.fill('my bicycle');
        await page.keyboard.press('Enter');
        await expect.poll(() => parts.steps.innerText()).toContain('“my bicycle”, 1 is not it');
        await expect.poll(() => parts.card.innerText()).toContain('my bicycle');
        expect(page.url()).toContain('label=my+bicycle');

        // It is there in the player, at once, and in other frames; the one that was left out has it as a likely label.
        const now = new Map((await objectsOf(server, video)).map(object => [object.id, object]));
        const named = bicycle.filter(({ id }) => now.get(id)?.label?.kind === 'explicit');
        expect(named.length).toBeGreaterThanOrEqual(4);
        expect(now.get(other)?.label).toBeNull();
        await page.keyboard.press('Escape');
        await expect.poll(() => page.url()).not.toContain('sel=');
        const inAnother = named.find(({ index }) => index !== first.index) as Seen;
        await seekTo(page, inAnother, DURATION_US);
        await expectBox(page, inAnother.id, 'explicit');
        await parts.boxes.getByRole('option', { name: /^my bicycle, labelled/ }).waitFor();
        const likely = now.get(unsure) as Seen;
        expect(likely.label).toMatchObject({ name: 'my bicycle', kind: 'probable' });
        await seekTo(page, likely, DURATION_US);
        await expectBox(page, unsure, 'probable');
        await parts.boxes.getByRole('option', { name: /^probably my bicycle/ }).waitFor();
        await parts.tab('Labels').click();
        await page.getByRole('button', { name: /^Probable/ }).click();
        await parts.pictureOf(page.getByRole('group', { name: 'Objects of my bicycle' }), unsure).waitFor();

        // Undo: all of it is gone. Redo: it is back.
        await parts.undo.click();
        await expectBox(page, unsure, 'detected');
        await parts.boxes.getByRole('option', { name: /^bicycle/ }).waitFor();
        expect(await labelsOf(server, 'story')).toEqual([]);
        await parts.redo.click();
        await expectBox(page, unsure, 'probable');

        // Reload: everything as it was.
        await clickBox(page, unsure);
        await parts.card.getByRole('button', { name: /^Accept/ }).waitFor();
        const before = { url: page.url(), labels: await labelsOf(server, 'story') };
        expect(before.labels).toMatchObject([{ name: 'my bicycle', negatives: 1 }]);
        await page.reload();
        await expectBox(page, unsure, 'selected');
        await parts.card.getByRole('button', { name: /^Accept/ }).waitFor();
        await parts.boxes.getByRole('option', { name: /^probably my bicycle/ }).waitFor();
        await page.getByRole('group', { name: 'Objects of my bicycle' }).waitFor();
        expect(page.url()).toBe(before.url);
        expect(await labelsOf(server, 'story')).toEqual(before.labels);
        await expect.poll(() => parts.undo.getAttribute('aria-label')).toContain('“my bicycle”');
    });
});
