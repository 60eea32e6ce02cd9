// Several query engines over the same stores. Whoever stands before them sends a page to another one when one goes away, and
// what was counted and listed is so once; what is said at one engine is soon seen at another.
import { connect, createServer, type AddressInfo, type Server as SocketServer, type Socket } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labelUrl, nameByServer, objectsOf, partsOf } from './labelling-support.ts';
import { ended, ingest, inPage, startBrowser, startServer, submit, type Server, type Video } from './support.ts';

/** Forwards connections to one of the engines, as a load balancer does. */
class Balancer {
    private readonly open = new Set<Socket>();
    private readonly listener: SocketServer = createServer(client => {
        const { hostname, port } = new URL(this.engine.url);
        const upstream = connect(Number(port), hostname);
        for (const [one, other] of [
            [client, upstream],
            [upstream, client],
        ] as const) {
            this.open.add(one);
            one.pipe(other);
            one.on('error', () => other.destroy());
            one.on('close', () => {
                this.open.delete(one);
                other.destroy();
            });
        }
    });

    constructor(private engine: Server) {}

    async start(): Promise<string> {
        await new Promise<void>(listening => this.listener.listen(0, '127.0.0.1', listening));
        return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
    }

    /** The engine behind it goes away, and another one takes its place. */
    turnTo(engine: Server) {
        this.engine = engine;
        for (const socket of this.open) socket.destroy();
    }

    async stop(): Promise<void> {
        for (const socket of this.open) socket.destroy();
        await new Promise(closed => this.listener.close(closed));
    }
}

let browser: Browser;
let first: Server;
let second: Server;
let balancer: Balancer;
let address: string;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
    browser = await startBrowser();
    ends.push(() => browser.close());
    first = await startServer({ name: 'engine-1', args: ['--indexers', '2'] });
    ends.push(() => first.stop());
    second = await startServer({ name: 'engine-2', beside: first });
    ends.push(() => second.stop());
    balancer = new Balancer(first);
    address = await balancer.start();
    ends.push(() => balancer.stop());
});

afterAll(async () => {
    for (const end of ends.reverse()) await end();
});

/** The log's lines about frames that were indexed, with their times. The page shows the newest lines, and copies all. */
async function framesInLog(page: Page): Promise<string[]> {
    await page.getByRole('tabpanel').getByRole('button', { name: 'Copy' }).click();
    const text = await page.evaluate(() => (globalThis as unknown as { copied: string }).copied);
    return text.split('\n').filter(line => /Frame \d+ indexed/.test(line));
}

async function framesOfIndexers(page: Page): Promise<number> {
    const texts = await page.locator('.react-flow__node-worker[data-id^=indexer]').allInnerTexts();
    return texts.reduce((sum, text) => sum + Number(/(\d+) frames?\b/.exec(text)?.[1] ?? 0), 0);
}

test('the view goes on with another query engine, and counts and lists everything once', async () => {
    await inPage(browser, async ({ page, expectTrouble }) => {
        expectTrouble(/ERR_(CONNECTION_\w+|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE|NETWORK_\w+|SOCKET_\w+)/);
        await page.addInitScript(() => {
            Object.defineProperty(navigator.clipboard, 'writeText', {
                value: (text: string) => Promise.resolve(Object.assign(globalThis, { copied: text })),
            });
        });
        await page.goto(`${address}/activity?level=detail`);
        const live = page.getByText('Live', { exact: true });
        await live.waitFor();
        const { id } = await submit(first, { fps: 5 });
        await expect
            .poll(async () => (await first.get<Video>(`/videos/${id}`)).progress.frames_indexed, { interval: 50 })
            .toBeGreaterThan(5);
        balancer.turnTo(second);
        const video = await ended(first, id);
        expect(video.progress).toMatchObject({ frames_indexed: 50, frames_emitted: 50 });
        await live.waitFor();
        await page.getByText('The video is indexed.').waitFor();
        await expect.poll(() => framesOfIndexers(page)).toBe(50);
        await expect.poll(async () => (await framesInLog(page)).length).toBe(50);
        expect(new Set(await framesInLog(page)).size).toBe(50);

        // And back, when nothing happens any more.
        const before = await framesInLog(page);
        const stream = page.waitForRequest(/\/api\/v1\/activity\?last_event_id=\d+$/);
        balancer.turnTo(first);
        await (await stream).response();
        await live.waitFor();
        await submit(first, { project: 'later', limit_seconds: 1 });
        await expect.poll(async () => (await framesInLog(page)).length).toBe(55);
        expect((await framesInLog(page)).slice(0, 50)).toEqual(before);
        await expect.poll(() => framesOfIndexers(page)).toBe(55);
    });
});

test('what is said at one desk is soon seen at another, and disturbs nobody there', async () => {
    const { id: video } = await ingest(first, { project: 'desks' });
    const seen = await objectsOf(first, video);
    const mine = seen.find(({ track }) => track !== null)!;
    const viewAt = (engine: Server, query: object) => labelUrl(engine, 'desks', video, { t: mine.pts_us, ...query });
    await inPage(browser, async ({ page }) => {
        const parts = partsOf(page);
        // Nobody goes to this window: what it shows comes by itself.
        await page.goto(viewAt(second, { sel: mine.id, panel: 'labels' }));
        await page.getByText('No labels yet').waitFor();
        await page.keyboard.press('p');
        await parts.picturesOf(parts.yes).first().waitFor();
        await parts.name.pressSequentially('half a na');

        await inPage(browser, async ({ page: colleague }) => {
            const theirs = partsOf(colleague);
            await colleague.goto(viewAt(first, { sel: mine.id }));
            await colleague.getByRole('combobox', { name: /^Name this/ }).fill('bicycle');
            await colleague.keyboard.press('Enter');
            await theirs.boxes.getByRole('option', { name: /^bicycle, labelled/ }).waitFor();
        });
        await parts.boxes.getByRole('option', { name: /^bicycle, labelled/ }).waitFor();
        expect(await parts.name.inputValue()).toBe('half a na');
        expect(await parts.name.evaluate(field => field === document.activeElement)).toBe(true);
        expect(await parts.picturesOf(parts.yes).count()).toBeGreaterThan(0);
        expect(new URL(page.url()).searchParams.get('sel')).toBe(mine.id);

        await first.request('POST', '/projects/desks/undo', {});
        await page.getByText('No labels yet').waitFor();
        const last = seen.findLast(({ track }) => track === mine.track)!;
        await first.request('POST', `/tracks/${mine.track}/split`, { at_us: last.pts_us });
        await page.getByRole('button', { name: /^Undo: split/ }).waitFor();
    });
});

test('a label that is renamed at another desk is followed', async () => {
    const { id: video } = await ingest(first, { project: 'desks' });
    const thing = (await objectsOf(first, video))[0]!;
    await nameByServer(first, 'desks', 'bike', { positive: [thing.id] });
    await inPage(browser, async ({ page, expectTrouble }) => {
        // What is on its way is about the name that is gone.
        expectTrouble(/bike/, /status of 404/);
        await page.goto(labelUrl(second, 'desks', video, { label: 'bike', t: thing.pts_us }));
        await page.getByRole('button', { name: 'Start another label' }).waitFor();
        await first.request('POST', '/projects/desks/labels/bike/rename', { name: 'town bicycle' });
        await page.getByText('“bike” is called “town bicycle” now.').waitFor();
        await expect.poll(() => new URL(page.url()).searchParams.get('label')).toBe('town bicycle');
        await first.request('DELETE', '/projects/desks/labels/town%20bicycle');
        await page.getByText('The label “town bicycle” was removed.').waitFor();
        await expect.poll(() => new URL(page.url()).searchParams.get('label')).toBeNull();
    });
});
