// What all end-to-end tests need: a server over a data folder of its own, videos in it, and a browser whose pages collect
// what goes wrong in them.
import { spawn, type ChildProcess } from 'node:child_process';
import {
    closeSync,
    createReadStream,
    existsSync,
    mkdirSync,
    mkdtempSync,
    openSync,
    readFileSync,
    rmSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSocketServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { Parts } from './deployment.ts';
import { watchOvertaken } from './overtaken.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PROGRAM = resolve(process.env.FRAMEHOUND_BIN ?? join(ROOT, 'build/framehound'));
const WEB = resolve(process.env.FRAMEHOUND_WEB ?? join(ROOT, 'build/web'));
export const DEPS = resolve(process.env.FRAMEHOUND_DEPS ?? join(ROOT, '.deps'));
export const SLOWNESS = Number(process.env.FRAMEHOUND_SLOWNESS ?? 1);

/** The street scene that set-up fetches: 10 s, with people, bicycles and cars. */
export const STREET_SCENE = join(DEPS, 'media/bikes.mp4');

/** Asks until there is something; fails when that takes longer than it can on any machine. */
export async function until<Value>(
    what: string,
    seconds: number,
    ask: () => Value | Promise<Value>,
): Promise<NonNullable<Value>> {
    const end = performance.now() + seconds * 1000 * SLOWNESS;
    for (;;) {
        const value = await ask();
        if (value) return value;
        if (performance.now() > end) throw new Error(`${what}: not within ${seconds * SLOWNESS} s`);
        await new Promise(after => setTimeout(after, 25));
    }
}

interface ServerOptions {
    /** More options of `framehound up`. */
    args?: readonly string[];
    /** False: objects are not followed, so that each stands for itself. */
    follows?: boolean;
    /** A query engine over the data of this one, and not a whole server over its own. */
    beside?: Server;
    /** Several files of a test may want to say who they are in the name of the folder. */
    name?: string;
}

/** Whether nobody listens there. */
const isFree = (port: number) =>
    new Promise<boolean>(answer => {
        const probe = createSocketServer();
        probe.once('error', () => answer(false));
        probe.listen(port, '127.0.0.1', () => probe.close(() => answer(true)));
    });

/**
 * A port to come back to after a crash. Below those that the kernel hands out: one of these may have become the end of
 * anybody's connection in the meantime, the browser's own to a server that is away included.
 */
async function freePort(): Promise<number> {
    for (let tried = 0; tried < 1000; tried++) {
        const port = 12_000 + Math.floor(Math.random() * 20_000);
        if (await isFree(port)) return port;
    }
    throw new Error('no port from 12000 to 31999 is free');
}

/** A running `framehound up`, or `query` beside one. Its folder goes with `stop`; `kill` and `start` are what a crash and a restart are. */
export class Server {
    /** The same after a restart. */
    url = '';
    readonly folder: string;
    readonly data: string;
    readonly follows: boolean;
    private readonly log: string;
    private readonly command: 'up' | 'query';
    private readonly ownsParts: boolean;
    private readonly args: readonly string[];
    private readonly env: NodeJS.ProcessEnv;
    /** Of a deployment, where the tests run against one. */
    private readonly parts: Parts | undefined;
    private process: ChildProcess | undefined;

    constructor({ args = [], name = 'e2e', follows = true, beside }: ServerOptions = {}) {
        this.follows = follows;
        this.folder = mkdtempSync(join(tmpdir(), `framehound-${name}-`));
        this.data = beside?.data ?? join(this.folder, 'data');
        this.log = join(this.folder, 'server.log');
        this.args = follows ? args : [...args, '--trackers', '0'];
        // A test must not find the tester's own settings.
        const own = Object.entries(process.env).filter(([variable]) => !variable.startsWith('FRAMEHOUND_'));
        this.env = { ...Object.fromEntries(own), HOME: this.folder };
        const { folder, data, env } = this;
        this.parts = beside?.parts ?? Parts.make({ program: PROGRAM, folder, data, args: this.args, env, follows });
        this.ownsParts = beside === undefined;
        this.command = beside === undefined && this.parts === undefined ? 'up' : 'query';
        mkdirSync(this.data, { recursive: true });
    }

    async start(): Promise<void> {
        const address = join(this.data, 'server.json');
        rmSync(address, { force: true });
        const listen = this.url === '' ? `127.0.0.1:${await freePort()}` : new URL(this.url).host;
        if (this.ownsParts) await this.parts?.start();
        const log = openSync(this.log, 'a');
        const settings = this.parts?.settings ?? [];
        const started = spawn(
            PROGRAM,
            [this.command, '--data', this.data, '--listen', listen, '--web', WEB, ...settings, ...this.args],
            { stdio: ['ignore', log, log], env: this.env },
        );
        closeSync(log);
        this.process = started;
        this.url = await until('the server', 60, () => {
            if (started.exitCode !== null) throw new Error(`the server ended:\n${this.tail()}`);
            if (!existsSync(address)) return null;
            const text = readFileSync(address, 'utf8');
            return text === '' ? null : (JSON.parse(text) as { url: string }).url;
        });
        await until('the answer of the server', 60, async () => {
            const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
            return answer?.ok;
        });
    }

    /** The last lines it wrote. */
    tail(): string {
        return readFileSync(this.log, 'utf8').split('\n').slice(-30).join('\n');
    }

    /** As a crash: nothing is tidied up. */
    kill(): Promise<void> {
        return this.end('SIGKILL');
    }

    async stop(): Promise<void> {
        await this.end('SIGTERM');
        if (this.ownsParts) await this.parts?.stop();
        rmSync(this.folder, { recursive: true, force: true });
    }

    private async end(signal: NodeJS.Signals): Promise<void> {
        const ending = this.process;
        if (this.ownsParts) await this.parts?.end(signal);
        if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
        const ended = new Promise(done => ending.once('exit', done));
        ending.kill(signal);
        await ended;
    }

    async get<Body>(path: string): Promise<Body> {
        return this.request<Body>('GET', path);
    }

    async request<Body>(method: string, path: string, body?: unknown): Promise<Body> {
        const answer = await fetch(`${this.url}/api/v1${path}`, {
            method,
            ...(body === undefined
                ? {}
                : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
        });
        const text = await answer.text();
        if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
        return (text === '' ? undefined : JSON.parse(text)) as Body;
    }
}

export async function startServer(options?: ServerOptions): Promise<Server> {
    const server = new Server(options);
    try {
        await server.start();
    } catch (error) {
        await server.stop();
        throw error;
    }
    return server;
}

export interface Video {
    id: string;
    name: string;
    state: string;
    errors: string[];
    progress: {
        segments: number;
        segments_done: number;
        frames_emitted: number;
        frames_indexed: number;
        frames_failed: number;
        objects: number;
        tracked: boolean;
    };
}

interface Submission {
    source?: string;
    project?: string;
    name?: string;
    fps?: number;
    limit_seconds?: number;
    chunk_seconds?: number;
}

/** Submits a video, and does not wait for it. */
export async function submit(server: Server, submission: Submission = {}): Promise<Video> {
    const { project = 'street', ...body } = { source: STREET_SCENE, name: 'Street scene', ...submission };
    return server.request<Video>('POST', `/projects/${project}/videos`, body);
}

/** The video when its ingestion has come to an end, whichever, and its objects are followed. */
export function ended(server: Server, id: string): Promise<Video> {
    return until(`the ingestion of ${id}`, 120, async () => {
        const video = await server.get<Video>(`/videos/${id}`);
        if (video.state === 'queued' || video.state === 'running') return null;
        const toFollow = server.follows && (video.state === 'done' || video.state === 'incomplete');
        return toFollow && !video.progress.tracked ? null : video;
    });
}

/** Ingests a video to its end. */
export async function ingest(server: Server, submission: Submission = {}): Promise<Video> {
    const video = await ended(server, (await submit(server, submission)).id);
    if (video.state !== 'done') throw new Error(`${video.name} is ${video.state}: ${video.errors.join(' ')}`);
    return video;
}

const FLAGS = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--no-proxy-server',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
];

export function startBrowser(): Promise<Browser> {
    return chromium.launch({
        executablePath: process.env.FRAMEHOUND_CHROMIUM ?? '/usr/bin/chromium',
        args: FLAGS,
    });
}

export interface OpenedPage {
    page: Page;
    /** Console errors, exceptions and failed requests that nobody expected: empty, or the test fails. */
    wrong: string[];
    /** From now on, what matches one of these is part of the test. */
    expectTrouble: (...patterns: readonly RegExp[]) => void;
    /** From now on, nothing is. */
    expectPeace: () => void;
    close: () => Promise<void>;
}

/** A page in a profile of its own. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<OpenedPage> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000 * SLOWNESS);
    const wrong: string[] = [];
    let expected: readonly RegExp[] = [];
    const note = (text: string) => {
        if (!expected.some(pattern => pattern.test(text))) wrong.push(text);
    };
    const isOvertaken = watchOvertaken(page);
    page.on('console', message => {
        const { url } = message.location();
        if (message.type() !== 'error' || (/status of 404/.test(message.text()) && isOvertaken(url))) return;
        note(`console: ${message.text()} (${url})`);
    });
    page.on('pageerror', error => note(`exception: ${error.message}`));
    page.on('response', answer => {
        if (answer.status() === 404 && isOvertaken(answer.url())) return;
        if (answer.status() >= 400) note(`answer: ${answer.status()} ${answer.url()}`);
    });
    page.on('requestfailed', request => {
        // Given up by the page itself, as when one leaves a view before all of it was there.
        const why = request.failure()?.errorText ?? '';
        if (why !== 'net::ERR_ABORTED') note(`request: ${why} ${request.url()}`);
    });
    return {
        page,
        wrong,
        expectTrouble: (...patterns) => (expected = patterns),
        expectPeace: () => (expected = []),
        close: () => context.close(),
    };
}

/** Does something in a page of its own. What goes wrong in it and was not expected is a failure. */
export async function inPage(
    browser: Browser,
    act: (opened: OpenedPage) => Promise<void>,
    options: BrowserContextOptions = {},
): Promise<void> {
    const opened = await openPage(browser, options);
    try {
        await act(opened);
    } catch (error) {
        const shots = process.env.FRAMEHOUND_SHOTS;
        if (shots !== undefined) await opened.page.screenshot({ path: join(shots, `failed-${Date.now()}.png`) });
        if (error instanceof Error && opened.wrong.length > 0)
            error.message += `\nWhat went wrong in the page:\n${opened.wrong.join('\n')}`;
        throw error;
    } finally {
        await opened.close();
    }
    expect(opened.wrong).toEqual([]);
}

/** The street scene under an address, as a web server has it: there, or not yet. */
export class VideoHost {
    isThere = true;
    private readonly server = createServer((request, response) => {
        if (!this.isThere || request.url?.startsWith('/street.mp4') !== true) {
            response.writeHead(404).end();
            return;
        }
        response.writeHead(200, { 'Content-Type': 'video/mp4' });
        createReadStream(STREET_SCENE).pipe(response);
    });

    /** The address of the video. */
    async start(): Promise<string> {
        await new Promise<void>(listening => this.server.listen(0, '127.0.0.1', listening));
        return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/street.mp4`;
    }

    async stop(): Promise<void> {
        this.server.closeAllConnections();
        await new Promise(closed => this.server.close(closed));
    }
}
