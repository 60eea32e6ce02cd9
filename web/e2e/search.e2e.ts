// The search from the bar to the player, with a real street: by class, label, picture and object.
import { AxeBuilder } from '@axe-core/playwright';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { layerOf, type Layer } from './player-support.ts';
import { ingest, openPage, startBrowser, startServer, type OpenedPage, type Server } from './support.ts';

const LABEL = 'parked bike';

interface Hit {
    object: string;
    score: number;
    video: string;
    pts_us: number;
}

let site: Server;
let browser: Browser;
let opened: OpenedPage;
let page: Page;
let video: string;
/** All bicycles, the surest first. */
let bicycles: Hit[];
/** The picture of one of them, in a file, and what is most like it. */
let crop: { object: string; bytes: Buffer; file: string };

const find = async (question: object) =>
    (await site.request<{ hits: Hit[] }>('POST', '/search', { project: 'street', limit: 1000, ...question })).hits;

beforeAll(async () => {
    site = await startServer({ name: 'search', follows: false });
    browser = await startBrowser();
    video = (await ingest(site, { name: 'bikes.mp4' })).id;
    bicycles = await find({ filters: { classes: ['bicycle'] } });
    const positive = [bicycles[0]!.object];
    await site.request('POST', `/projects/street/labels/${encodeURIComponent(LABEL)}/examples`, { positive });
    const { object } = bicycles.at(-1)!;
    const answer = await fetch(`${site.url}/api/v1/objects/${object}/image`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    // A twin of it from a frame beside it may come first: how a processor rounds decides.
    const best = (await find({ image: bytes.toString('base64') })).slice(0, 3).map(hit => hit.object);
    expect(best).toContain(object);
    crop = { object: best[0]!, bytes, file: join(site.folder, 'crop.jpg') };
    writeFileSync(crop.file, bytes);
});

afterAll(async () => {
    await browser.close();
    await site.stop();
});

/** A fresh browser profile at an address. */
async function open(address: string, options: BrowserContextOptions = {}) {
    opened = await openPage(browser, options);
    ({ page } = opened);
    await page.goto(site.url + address);
}

afterEach(async () => {
    await opened.close();
    expect(opened.wrong).toEqual([]);
});

const bar = () => page.getByRole('combobox', { name: /^Search/ });
const cards = () => page.locator('[data-object]');

/** The objects of the cards, when all pages of the answer are there: only then is it known how many there are. */
async function shown(): Promise<string[]> {
    await page.waitForFunction(() => {
        const results = [...document.querySelectorAll('[role=listitem][aria-setsize]')];
        return results.length > 0 && results.every(result => result.getAttribute('aria-setsize') !== '-1');
    });
    return cards().evaluateAll(links => links.map(link => link.getAttribute('data-object')!));
}

const question = () => new URL(page.url()).searchParams;

describe('from the bar', () => {
    test('by class, with the keyboard alone', async () => {
        await open('/p/street');
        await page.getByRole('heading', { name: 'street' }).waitFor();
        await page.keyboard.press('/');
        await page.keyboard.type('bicy');
        await page.getByRole('option', { name: /^bicycle/ }).waitFor();
        await page.keyboard.press('Enter');
        await page.waitForURL('**/p/street/search?class=bicycle');
        const objects = await shown();
        expect(objects[0]).toBe(bicycles[0]!.object);
        const all = new Set(bicycles.map(hit => hit.object));
        expect(objects.every(object => all.has(object))).toBe(true);
        // Near-identical ones are one card.
        expect(objects.length).toBeLessThan(bicycles.length);
        await page
            .getByRole('button', { name: /^Show all/ })
            .first()
            .click();
        expect((await shown()).length).toBeGreaterThan(objects.length);
    });

    test('by label: what carries it, and what probably is it', async () => {
        await open('/');
        await bar().click();
        await page.getByRole('option', { name: new RegExp(LABEL) }).click();
        await page.getByRole('heading', { name: LABEL, exact: true }).waitFor();
        expect(question().get('label')).toBe(LABEL);
        const objects = await shown();
        expect(objects[0]).toBe(bicycles[0]!.object);
        await page.getByRole('heading', { name: 'Labelled', exact: true }).waitFor();
        await page.getByRole('heading', { name: 'Probably', exact: true }).waitFor();
        expect(await cards().nth(1).getAttribute('aria-label')).toContain(`probably ${LABEL}`);
    });

    test('by a picture from a file; a reload gives the same', async () => {
        await open(`/p/street/v/${video}`);
        await bar().waitFor();
        await page.getByLabel('Picture to search by').setInputFiles(crop.file);
        await page.waitForURL('**/p/street/search?picture=*');
        const objects = await shown();
        expect(objects[0]).toBe(crop.object);
        await page.reload();
        expect(await shown()).toEqual(objects);
        await page.getByText(/^crop\.jpg/).waitFor();
        const width = await page.getByAltText('Searched by').evaluate((image: HTMLImageElement) => image.naturalWidth);
        expect(width).toBeGreaterThan(0);

        const address = new URL(page.url());
        await opened.close();
        expect(opened.wrong).toEqual([]);
        await open(address.pathname + address.search);
        await page.getByText('The picture of this search is not in this browser').waitFor();
    });

    test('in a project that is chosen first, where there are several', async () => {
        await site.request('POST', '/projects', { name: 'harbour' });
        await open('/');
        await page.getByRole('heading', { name: 'Projects' }).waitFor();
        await page.getByLabel('Picture to search by').setInputFiles(crop.file);
        await page.getByText('In which project shall the picture be looked for?').waitFor();
        await page.keyboard.type('str');
        await page.keyboard.press('Enter');
        await page.waitForURL('**/p/street/search?picture=*');
        expect((await shown())[0]).toBe(crop.object);
    });
});

/** A paste of the crop's picture, where the focus is. */
async function paste() {
    await page.evaluate(
        bytes => {
            const clipboardData = new DataTransfer();
            clipboardData.items.add(new File([Uint8Array.from(bytes)], 'image.jpg', { type: 'image/jpeg' }));
            const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
            (document.activeElement ?? document.body).dispatchEvent(event);
        },
        [...crop.bytes],
    );
}

describe('by a picture', () => {
    test('that is pasted on the page', async () => {
        await open('/p/street/search');
        await page.getByRole('heading', { name: 'By a picture' }).waitFor();
        await paste();
        await page.waitForURL('**/search?picture=*');
        expect((await shown())[0]).toBe(crop.object);
    });

    test('that is pasted into the bar of another page', async () => {
        await open('/p/street');
        await bar().click();
        await paste();
        await page.waitForURL('**/p/street/search?picture=*');
        expect((await shown())[0]).toBe(crop.object);
    });

    test('that is dropped on the page', async () => {
        await open('/p/street/search?class=car');
        await shown();
        const carried = await page.evaluateHandle(
            bytes => {
                const files = new DataTransfer();
                files.items.add(new File([Uint8Array.from(bytes)], 'image.jpg', { type: 'image/jpeg' }));
                return files;
            },
            [...crop.bytes],
        );
        await page.dispatchEvent('main', 'dragenter', { dataTransfer: carried });
        await page.getByText('Drop the picture to search by it').waitFor();
        await page.dispatchEvent('main', 'drop', { dataTransfer: carried });
        await page.waitForURL('**/search?picture=*');
        await page.getByRole('heading', { name: 'Like this picture' }).waitFor();
        expect((await shown())[0]).toBe(crop.object);
    });

    test('that is larger than needed is made smaller, and finds the same', async () => {
        await open('/p/street/search');
        await page.getByRole('heading', { name: 'By a picture' }).waitFor();
        await page.evaluate(
            async bytes => {
                const bitmap = await createImageBitmap(new Blob([Uint8Array.from(bytes)], { type: 'image/jpeg' }));
                const scale = 2400 / Math.max(bitmap.width, bitmap.height);
                const canvas = new OffscreenCanvas(bitmap.width * scale, bitmap.height * scale);
                const context = canvas.getContext('2d')!;
                context.imageSmoothingQuality = 'high';
                context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
                const large = await canvas.convertToBlob({ type: 'image/png' });
                const clipboardData = new DataTransfer();
                clipboardData.items.add(new File([large], 'large.png', { type: 'image/png' }));
                window.dispatchEvent(new ClipboardEvent('paste', { clipboardData, cancelable: true }));
            },
            [...crop.bytes],
        );
        await page.getByText(/^large\.png/).waitFor();
        const kept = page.getByAltText('Searched by');
        const side = () =>
            kept.evaluate((image: HTMLImageElement) => Math.max(image.naturalWidth, image.naturalHeight));
        await expect.poll(side).toBe(1600);
        // Drawn anew at another size it is not the very same picture: a twin from a frame beside it may come first.
        expect((await shown()).slice(0, 3)).toContain(crop.object);
    });

    test('that is none says so, in the words of the server', async () => {
        await open('/p/street/search');
        const notes = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('No picture.') };
        opened.expectTrouble(/400 .*\/api\/v1\/search$/, /status of 400 .*\/api\/v1\/search/);
        await page.getByLabel('Picture to search by').first().setInputFiles(notes);
        const alert = page.getByRole('alert').filter({ hasText: 'This is no picture' });
        await alert.waitFor();
        expect(await alert.textContent()).toMatch(/use JPEG, PNG/);
        opened.expectPeace();
        // The way on is right there.
        await page.getByLabel('Picture to search by').last().setInputFiles(crop.file);
        expect((await shown())[0]).toBe(crop.object);
    });
});

describe('by an object', () => {
    test('from an address, narrowed by class and score, and back', async () => {
        const { object } = bicycles[0]!;
        await open(`/p/street/search?object=${object}`);
        await page.getByText(/^bicycle at .* in bikes\.mp4$/).waitFor();
        const all = await shown();
        expect(all).not.toContain(object);
        expect(all[0]).toBe((await find({ object, per_track: true }))[0]!.object);

        await page.getByLabel('Class').selectOption('car');
        await page.waitForURL('**&class=car');
        await expect.poll(() => page.getByRole('link', { name: /^bicycle at/ }).count()).toBe(0);
        const cars = new Map(
            (await find({ object, filters: { classes: ['car'] } })).map(hit => [hit.object, hit.score]),
        );
        const found = await shown();
        expect(found.length).toBeGreaterThan(1);
        expect(found.every(car => cars.has(car))).toBe(true);

        const slider = page.getByRole('slider');
        await slider.focus();
        for (let step = 0; step < 12; step++) await page.keyboard.press('ArrowRight');
        await page.waitForURL('**&min=0.6');
        await expect.poll(async () => (await shown()).every(car => cars.get(car)! >= 0.6)).toBe(true);
        const narrow = await shown();
        await page.reload();
        expect(await shown()).toEqual(narrow);

        await page.goBack();
        await expect.poll(shown).toEqual(all);
    });

    test('and from result to result', async () => {
        await open('/p/street/search?class=bicycle');
        const [first] = await shown();
        await cards().first().hover();
        await page.getByRole('link', { name: 'Search for what looks like this' }).first().click();
        await page.waitForURL(`**/search?object=${first}`);
        expect(await shown()).not.toContain(first);
    });
});

describe('a result', () => {
    test('opens the player at its frame with the object selected, and back is where one was', async () => {
        // Low, so that there is something to scroll.
        await open(`/p/street/search?object=${bicycles[0]!.object}`, { viewport: { width: 1280, height: 420 } });
        await shown();
        await page
            .getByRole('button', { name: /^Show all/ })
            .first()
            .click();
        const objects = await shown();
        const last = cards().last();
        await last.scrollIntoViewIfNeeded();
        const object = objects.at(-1)!;
        const hit = (await find({ object: bicycles[0]!.object })).find(like => like.object === object)!;
        const before = await page.evaluate(() => window.scrollY);
        expect(before).toBeGreaterThan(0);
        await last.click();
        await page.waitForURL(`**/p/street/v/${hit.video}?t=${hit.pts_us}&sel=${object}`);
        await page.waitForFunction(
            ([wanted, at]) => {
                const canvas = document.querySelector<HTMLElement & { layer?: Layer }>('[data-testid=object-layer]');
                const player = document.querySelector('video');
                const still = player !== null && player.paused && !player.seeking && player.readyState >= 2;
                const box = canvas?.layer?.boxes.find(({ id }) => id === wanted);
                return still && box?.state.includes('selected') === true && canvas?.layer?.ptsUs === at;
            },
            [object, hit.pts_us] as const,
        );
        expect((await layerOf(page)).ptsUs).toBe(hit.pts_us);

        await page.goBack();
        expect(await shown()).toEqual(objects);
        await expect.poll(() => page.evaluate(() => window.scrollY)).toBe(before);
    });

    test('is reached with the arrow keys and opened with Enter', async () => {
        await open('/p/street/search?class=car');
        const objects = await shown();
        await cards().first().focus();
        await page.keyboard.press('ArrowRight');
        await expect
            .poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-object')))
            .toBe(objects[1]);
        await page.keyboard.press('Enter');
        await page.waitForURL(`**/v/**sel=${objects[1]}`);
    });
});

describe('to everybody', () => {
    test.each([
        { colorScheme: 'dark' as const, viewport: { width: 1280, height: 720 } },
        { colorScheme: 'light' as const, viewport: { width: 820, height: 1180 } },
    ])('nothing is in the way: $colorScheme, $viewport.width pixels wide', async look => {
        await open('/p/street/search', look);
        const audit = async () => {
            await page.waitForLoadState('networkidle');
            const { violations } = await new AxeBuilder({ page }).analyze();
            const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
            expect(grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
            const { scrollWidth, clientWidth } = await page.evaluate(() => {
                const { scrollWidth: all, clientWidth: seen } = document.documentElement;
                return { scrollWidth: all, clientWidth: seen };
            });
            expect(scrollWidth).toBe(clientWidth);
        };
        await page.getByRole('heading', { name: 'By class' }).waitFor();
        await audit();
        await bar().click();
        await page.getByRole('option', { name: /^car/ }).waitFor();
        await page.keyboard.press('ArrowDown');
        await audit();
        await page.goto(`${site.url}/p/street/search?object=${bicycles[0]!.object}`);
        await shown();
        await audit();
        await page.goto(`${site.url}/p/street/search?label=${encodeURIComponent(LABEL)}`);
        await shown();
        await audit();
        await page.goto(`${site.url}/p/street/search?picture=elsewhere`);
        await page.getByText('The picture of this search is not in this browser').waitFor();
        await audit();
    });

    test('a long name stays on the screen of a phone', async () => {
        const name = `the delivery van ${'with the blue stripe '.repeat(3)}`.trim();
        const positive = [bicycles[1]!.object];
        await site.request('POST', `/projects/street/labels/${encodeURIComponent(name)}/examples`, { positive });
        await open('/p/street/search', { viewport: { width: 390, height: 844 } });
        const place = await page.getByRole('link', { name }).boundingBox();
        expect((place?.x ?? 390) + (place?.width ?? 0)).toBeLessThanOrEqual(390);
    });
});
