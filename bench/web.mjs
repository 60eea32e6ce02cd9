// How fast the web application feels, in Debian's Chromium without a GPU, on a freshly ingested street scene; and how much
// JavaScript it sends. Each time stands beside that of the bare thing in the same browser and run: a video element that
// seeks, the same requests without a page around them, a page that does nothing.
//
// usage: web.mjs PROGRAM WEB MODELS STREET_SCENE [--quick]     prints tables
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
    chromium,
    ffmpeg,
    framesWithObjects,
    ingest,
    javascriptOf,
    median,
    openPage,
    openVideo,
    PROJECT,
    quantile,
    startServer,
} from './web_support.mjs';

const [program, web, models, street] = process.argv.slice(2, 6).map(path => resolve(path));
const quick = process.argv.includes('--quick');
const SEEKS = quick ? 6 : 24;
const ROUNDS = quick ? 2 : 8;
const PLAYED_MS = quick ? 2000 : 5000;
const LONG_S = quick ? 60 : 80;
const WINDOW_US = 20e6;
const BOXES = 200;

/** Clicks on the timeline; how long until the boxes of that time are drawn. */
async function seek(page, video, us) {
    const timeline = await page.getByRole('slider', { name: 'Position in the video' }).boundingBox();
    const x = timeline.x + (us / video.media.duration_us) * timeline.width;
    await page.mouse.click(x, timeline.y + timeline.height / 2);
    return page.evaluate(
        ([target, slack]) => {
            const isThere = () => {
                const { ptsUs, boxes } = globalThis.probes.layer();
                return Math.abs(ptsUs - target) < slack && boxes.length > 0 && !document.querySelector('video').seeking;
            };
            return globalThis.probes.since('pointerdown', isThere);
        },
        [us, 1e6 / 25 + video.media.duration_us / timeline.width],
    );
}

/** A video element alone: how long until the frame of a time is presented. */
async function bareSeeks(browser, url, video, times) {
    const { page, close } = await openPage(browser);
    await page.goto(`${url}/healthz`);
    const measured = await page.evaluate(
        async ([source, places]) => {
            const element = document.createElement('video');
            Object.assign(element, { src: source, preload: 'auto', muted: true });
            document.body.replaceChildren(element);
            await new Promise(done => (element.onloadeddata = done));
            // The frame may be presented before the seek is said to have ended, or after.
            let [presented, look] = [0, () => undefined];
            const watch = () => {
                presented += 1;
                element.requestVideoFrameCallback(watch);
                look();
            };
            element.requestVideoFrameCallback(watch);
            element.onseeked = () => look();
            const taken = [];
            for (const us of places) {
                const [begin, before] = [performance.now(), presented];
                await new Promise(done => {
                    look = () => presented > before && !element.seeking && done();
                    element.currentTime = us / 1e6;
                });
                taken.push(performance.now() - begin);
            }
            return taken;
        },
        [`${url}/api/v1/videos/${video.id}/stream`, times],
    );
    await close();
    return measured;
}

/** Places far from each other, each with objects. */
function spread(frames, count) {
    return Array.from({ length: count }, (_, i) => frames[(i * 37 + 11) % frames.length].pts_us);
}

async function seekTimes(browser, url, video, frames) {
    const near = spread(
        frames.filter(({ pts_us }) => pts_us < WINDOW_US - 1e6),
        SEEKS,
    );
    const { page, close } = await openVideo(browser, url, video, near.at(-1));
    const known = [];
    for (const us of near) known.push(await seek(page, video, us));
    await close();
    const fresh = [];
    const places = frames.filter(({ pts_us }) => pts_us > 2 * WINDOW_US);
    for (const us of spread(places, ROUNDS)) {
        const opened = await openVideo(browser, url, video, near[0]);
        fresh.push(await seek(opened.page, video, us));
        await opened.close();
    }
    const far = spread(places, ROUNDS);
    return {
        known,
        fresh,
        bare: await bareSeeks(browser, url, video, near),
        bareFar: await bareSeeks(browser, url, video, far),
    };
}

/** The request and the pictures of similar objects, without a page around them. */
async function bareSimilar(browser, url, object) {
    const { page, close } = await openPage(browser);
    await page.goto(`${url}/healthz`);
    const taken = await page.evaluate(async id => {
        const begin = performance.now();
        const { hits } = await (await fetch(`/api/v1/objects/${id}/similar?limit=20`)).json();
        const load = ({ object: one }) => {
            const image = new Image();
            image.src = `/api/v1/objects/${one}/image`;
            return image.decode();
        };
        await Promise.all(hits.slice(0, 15).map(load));
        return performance.now() - begin;
    }, object);
    await close();
    return taken;
}

async function drag(page, from, to) {
    const middle = async target => {
        const box = await target.boundingBox();
        return [box.x + box.width / 2, box.y + box.height / 2];
    };
    const [x, y] = await middle(from);
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 8, y + 8, { steps: 3 });
    await page.mouse.move(...(await middle(to)), { steps: 10 });
    await page.mouse.up();
}

/** A click on a box until the similar pictures are there; a drop until the column has filled. */
async function labellingTimes(browser, url, video, frames) {
    const [click, drop, bare] = [[], [], []];
    for (const us of spread(
        frames.filter(({ pts_us }) => pts_us < WINDOW_US),
        ROUNDS,
    )) {
        const { page, close } = await openVideo(browser, url, video, us);
        const canvas = await page.getByTestId('object-layer').boundingBox();
        const { id, rect } = await page.evaluate(() => globalThis.probes.layer().boxes[0]);
        await page.mouse.click(canvas.x + rect.x + rect.width / 2, canvas.y + rect.y + rect.height / 2);
        click.push(
            await page.evaluate(() =>
                globalThis.probes.since('pointerup', () => {
                    const list = document.querySelector('[role=group][aria-label="Similar objects"]');
                    const images = [...(list?.querySelectorAll('img') ?? [])];
                    return images.length > 0 && images.every(image => image.complete && image.naturalWidth > 0);
                }),
            ),
        );
        bare.push(await bareSimilar(browser, url, id));
        const picture = page.getByRole('group', { name: 'Similar objects' }).locator('[data-object]').first();
        await drag(page, picture, page.locator('[data-column=positive]'));
        drop.push(
            await page.evaluate(() =>
                globalThis.probes.since('pointerup', () => {
                    const images = [...document.querySelectorAll('[data-column=positive] img')];
                    return images.length > 1 && images.every(image => image.complete && image.naturalWidth > 0);
                }),
            ),
        );
        await close();
    }
    return { click, drop, bare };
}

/** The answer with as many tracked boxes in each frame, all of them moving. */
function crowd(answer) {
    answer.frames.forEach((frame, n) => {
        frame.state = 'indexed';
        frame.objects = Array.from({ length: BOXES }, (_, k) => ({
            id: `${frame.id}-${String(k).padStart(3, '0')}`,
            box: [(k % 20) * 30 + ((n * 5) % 40), Math.floor(k / 20) * 24 + ((n * 3) % 20), 26, 20],
            class: ['car', 'person', 'bicycle'][k % 3],
            score: 0.9 - k / 400,
            track: `${frame.id.slice(0, 16)}-t${k}`,
            label:
                k % 4 === 0
                    ? { name: `label ${k % 7}`, kind: k % 8 === 0 ? 'explicit' : 'probable', score: 0.8 }
                    : null,
        }));
    });
    return answer;
}

/** While a video plays: how often the page repaints, frames are presented, and the layer is drawn, a second. */
function countFrames(page, ms) {
    return page.evaluate(async duration => {
        const element = document.querySelector('video');
        const counts = { repaints: 0, presented: 0, drawn: 0 };
        let [lastPts, going] = [-1, true];
        const watch = () => {
            counts.presented += 1;
            if (going) element.requestVideoFrameCallback(watch);
        };
        element?.requestVideoFrameCallback(watch);
        const begin = performance.now();
        while (performance.now() - begin < duration) {
            await new Promise(done => requestAnimationFrame(done));
            counts.repaints += 1;
            const pts = globalThis.probes.layer()?.ptsUs ?? lastPts;
            if (pts !== lastPts) counts.drawn += 1;
            lastPts = pts;
        }
        going = false;
        const seconds = (performance.now() - begin) / 1000;
        return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count / seconds]));
    }, ms);
}

async function overlayRates(browser, url, video) {
    const empty = await openPage(browser);
    await empty.page.goto(`${url}/healthz`);
    const idle = await countFrames(empty.page, PLAYED_MS);
    await empty.page.evaluate(async source => {
        const element = document.createElement('video');
        Object.assign(element, { src: source, muted: true, width: 717 });
        document.body.replaceChildren(element);
        await element.play();
    }, `${url}/api/v1/videos/${video.id}/stream`);
    const bare = await countFrames(empty.page, PLAYED_MS);
    await empty.close();
    const { page, close } = await openPage(browser);
    await page.route('**/frames?*', async route => {
        const answer = await route.fetch();
        await route.fulfill({ response: answer, json: crowd(await answer.json()) });
    });
    await page.goto(`${url}/p/${PROJECT}/v/${video.id}`);
    await page.waitForFunction(boxes => globalThis.probes.layer()?.boxes.length === boxes, BOXES);
    await page.keyboard.press('k');
    await page.waitForFunction(() => document.querySelector('video').currentTime > 0.3);
    const boxes = await countFrames(page, PLAYED_MS);
    const shown = await page.evaluate(() => globalThis.probes.layer().boxes.length);
    if (shown !== BOXES) throw new Error(`${shown} boxes were drawn, not ${BOXES}`);
    await close();
    return { idle, bare, boxes };
}

function row(...cells) {
    console.log(`| ${cells.join(' | ')} |`);
}

function times(what, ours, beside, bare) {
    const ms = values => `${Math.round(median(values))} / ${Math.round(quantile(values, 0.95))}`;
    row(what, ours.length, ms(ours), beside, ms(bare), (median(ours) / median(bare)).toFixed(1));
}

async function main(folder, started) {
    const long = join(folder, 'long.mp4');
    const smooth = join(folder, 'smooth.mp4');
    ffmpeg('-stream_loop', '100', '-i', street, '-t', String(LONG_S), '-c', 'copy', long);
    ffmpeg(
        '-stream_loop',
        '3',
        '-i',
        street,
        '-t',
        '15',
        '-vf',
        'fps=60',
        '-c:v',
        'libx264',
        '-preset',
        'veryfast',
        smooth,
    );
    const { url, server } = await startServer({ program, web, models }, folder);
    started.push(() => new Promise(done => server.once('exit', done) && server.kill('SIGTERM')));
    const video = await ingest(url, long, 5);
    const fast = await ingest(url, smooth, 5);
    const frames = await framesWithObjects(url, video);
    const executablePath = process.env.FRAMEHOUND_CHROMIUM ?? '/usr/bin/chromium';
    const args = [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--no-proxy-server',
        '--autoplay-policy=no-user-gesture-required',
    ];
    const browser = await chromium.launch({ executablePath, args });
    started.push(() => browser.close());

    console.log('JavaScript of a view opened with an empty cache, as sent:\n');
    row('view', 'kB');
    row('---', '---');
    const views = {
        projects: ['/', 'h1'],
        'a project': [`/p/${PROJECT}`, 'h1'],
        'new video': ['/new', 'h1'],
        ingestion: [`/activity`, '.react-flow__node'],
        search: [`/p/${PROJECT}/search`, 'main'],
        labelling: [`/p/${PROJECT}/v/${video.id}`, '[data-testid=object-layer]'],
    };
    for (const [name, [path, ready]] of Object.entries(views))
        row(name, ((await javascriptOf(browser, url + path, ready)) / 1000).toFixed(0));

    console.log('\nMilliseconds, median / 95th percentile:\n');
    row('from, to', 'times', 'here', 'beside', 'there', 'ratio');
    row('---', '---', '---', '---', '---', '---');
    const seeks = await seekTimes(browser, url, video, frames);
    times('seek, boxes drawn', seeks.known, 'a bare video seeks', seeks.bare);
    times('seek to a part not loaded yet, boxes drawn', seeks.fresh, 'a bare video seeks', seeks.bareFar);
    const labelling = await labellingTimes(browser, url, video, frames);
    times('click on a box, similar pictures shown', labelling.click, 'the query and its pictures', labelling.bare);
    times('drop, column filled', labelling.drop, 'one such query and its pictures', labelling.bare);

    const rates = await overlayRates(browser, url, fast);
    console.log(`\nA second, while a video of 60 frames a second plays, ${BOXES} tracked boxes in each frame:\n`);
    row('', 'repaints', 'frames presented', 'layers drawn');
    row('---', '---', '---', '---');
    const fps = value => value.toFixed(1);
    row('an empty page', fps(rates.idle.repaints), '', '');
    row('a bare video', fps(rates.bare.repaints), fps(rates.bare.presented), '');
    row('the player', fps(rates.boxes.repaints), fps(rates.boxes.presented), fps(rates.boxes.drawn));
    row(
        'player : bare video',
        (rates.boxes.repaints / rates.bare.repaints).toFixed(2),
        (rates.boxes.presented / rates.bare.presented).toFixed(2),
        '',
    );
}

const folder = mkdtempSync(join(tmpdir(), 'framehound-bench-web-'));
const started = [];
try {
    await main(folder, started);
} finally {
    for (const stop of started.reverse()) await stop();
    rmSync(folder, { recursive: true, force: true });
}
