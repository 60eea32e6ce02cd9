// What measuring the web application needs: a server, videos in it, and pages that say when something was drawn.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

export const { chromium } = createRequire(new URL('../web/package.json', import.meta.url))('playwright-core');
export const PROJECT = 'bench';

export function quantile(values, q) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}
export const median = values => quantile(values, 0.5);
const pause = ms => new Promise(done => setTimeout(done, ms));

async function until(what, seconds, ask) {
    const end = performance.now() + seconds * 1000;
    for (;;) {
        const found = await ask();
        if (found) return found;
        if (performance.now() > end) throw new Error(`${what}: not within ${seconds} s`);
        await pause(50);
    }
}

export function ffmpeg(...args) {
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args]);
}

export async function startServer({ program, web, models }, folder) {
    const data = join(folder, 'data');
    mkdirSync(data);
    const args = ['up', '--data', data, '--listen', '127.0.0.1:0', '--models', models, '--web', web];
    const server = spawn(program, args, { stdio: 'ignore', env: { ...process.env, HOME: folder } });
    const address = join(data, 'server.json');
    const url = await until('the server', 60, () => {
        if (server.exitCode !== null) throw new Error(`the server ended with status ${server.exitCode}`);
        const text = existsSync(address) ? readFileSync(address, 'utf8') : '';
        return text === '' ? null : JSON.parse(text).url;
    });
    await until('the server’s answer', 60, () =>
        fetch(`${url}/readyz`).then(
            answer => answer.ok,
            () => false,
        ),
    );
    return { url, server };
}

export async function ingest(url, source, fps) {
    const answer = await fetch(`${url}/api/v1/projects/${PROJECT}/videos`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ source, fps }),
    });
    const { id } = await answer.json();
    return until(`the ingestion of ${source}`, 600, async () => {
        const video = await (await fetch(`${url}/api/v1/videos/${id}`)).json();
        if (video.state === 'queued' || video.state === 'running') return null;
        if (video.state !== 'done') throw new Error(`${source} is ${video.state}`);
        return video;
    });
}

export async function framesWithObjects(url, { id }) {
    const { frames } = await (await fetch(`${url}/api/v1/videos/${id}/frames?limit=1000`)).json();
    return frames.filter(frame => frame.objects.length > 0);
}

/** Bytes of scripts as they went over the wire, of a view opened with an empty cache. */
export async function javascriptOf(browser, address, ready) {
    const context = await browser.newContext();
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    const scripts = new Set();
    let bytes = 0;
    session.on('Network.responseReceived', ({ requestId, type }) => type === 'Script' && scripts.add(requestId));
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
        if (scripts.has(requestId)) bytes += encodedDataLength;
    });
    await page.goto(address, { waitUntil: 'networkidle' });
    await page.locator(ready).first().waitFor();
    await context.close();
    return bytes;
}

/** Functions for the page: what is drawn, and when. Times are from the moment the page hears of the pointer. */
function installProbes() {
    const nextFrame = () => new Promise(done => requestAnimationFrame(done));
    const heard = {};
    const layer = () => document.querySelector('[data-testid=object-layer]')?.layer;
    globalThis.probes = {
        layer,
        nextFrame,
        async since(event, isDone, limitMs = 60_000) {
            const end = performance.now() + limitMs;
            while (!isDone()) {
                if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${isDone}`);
                await nextFrame();
            }
            return performance.now() - heard[event];
        },
    };
    for (const type of ['pointerdown', 'pointerup'])
        addEventListener(type, () => (heard[type] = performance.now()), true);
}

export async function openPage(browser, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(120_000);
    await page.addInitScript(installProbes);
    return { page, close: () => context.close() };
}

export async function openVideo(browser, url, video, us) {
    const opened = await openPage(browser);
    await opened.page.goto(`${url}/p/${PROJECT}/v/${video.id}?t=${us}`);
    await opened.page.waitForFunction(() => {
        const element = document.querySelector('video');
        return element?.readyState > 2 && !element.seeking && globalThis.probes.layer()?.boxes.length > 0;
    });
    return opened;
}
