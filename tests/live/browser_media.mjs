// A browser on the application's page plays a video and shows a picture, wherever the server sends it for them.
//
// usage: node browser_media.mjs URL VIDEO FRAME
// Prints what came of it as JSON: the video's duration and where it stood after a seek, the picture's width, the hosts
// that were asked, and what the page complained of.
import { createRequire } from 'node:module';

const { chromium } = createRequire(new URL('../../web/package.json', import.meta.url))('playwright-core');
const [url, video, frame] = process.argv.slice(2);

const browser = await chromium.launch({
    executablePath: process.env.FRAMEHOUND_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
    const page = await browser.newPage();
    const complaints = [];
    const hosts = new Set();
    const ranges = [];
    page.on('console', message => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', error => complaints.push(String(error)));
    page.on('response', response => {
        hosts.add(new URL(response.url()).host);
        if (response.status() === 206) ranges.push(response.headers()['content-range']);
    });
    await page.goto(url);
    const seen = await page.evaluate(
        async ({ video, frame }) => {
            const once = (element, name) =>
                new Promise((resolve, reject) => {
                    element.addEventListener(name, resolve, { once: true });
                    element.addEventListener('error', () => reject(new Error(`${element.tagName}: no ${name}`)), { once: true });
                });
            const player = document.createElement('video');
            player.muted = true;
            player.preload = 'auto';
            player.src = `/api/v1/videos/${video}/stream`;
            document.body.append(player);
            await once(player, 'loadeddata');
            player.currentTime = 8;
            await once(player, 'seeked');
            const picture = new Image();
            picture.src = `/api/v1/frames/${frame}/image`;
            await once(picture, 'load');
            return { duration: player.duration, at: player.currentTime, width: picture.naturalWidth };
        },
        { video, frame },
    );
    console.log(JSON.stringify({ ...seen, hosts: [...hosts], ranges, complaints }));
} finally {
    await browser.close();
}
