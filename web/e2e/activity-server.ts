// A small server for one test only: it speaks the activity stream of a hundred busy workers, which no test machine has. The
// rest of what the view asks for is answered just as far as the view needs it. Everything else runs against the real one.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const VIDEO = '0123456789abcdef';
const TYPES: Record<string, string> = {
    '.html': 'text/html',
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.svg': 'image/svg+xml',
};
const PERIOD_MS = 200;

interface Load {
    /** Of five workers each: one downloader and four indexers. */
    processes: number;
    eventsPerSecond: number;
}

interface FakeWorker {
    id: string;
    part: string;
    emitted: number;
    indexed: number;
    objects: number;
    segments: number;
}

export class ActivityServer {
    private readonly server = createServer((request, response) => this.answer(request, response));
    private readonly streams = new Set<ServerResponse>();
    private readonly workers: FakeWorker[];
    private readonly timers: NodeJS.Timeout[] = [];
    private id = 1;
    private turn = 0;
    private frame = 0;
    private isAway = false;
    sentEvents = 0;

    constructor(
        private readonly web: string,
        private readonly load: Load,
    ) {
        const parts = ['downloader', 'indexer', 'indexer', 'indexer', 'indexer'];
        this.workers = Array.from({ length: load.processes }, (_, process) =>
            parts.map((part, n) => ({
                id: `${part}-node-${1000 + process}-${n}`,
                part,
                emitted: 0,
                indexed: 0,
                objects: 0,
                segments: 0,
            })),
        ).flat();
    }

    async start(): Promise<string> {
        await new Promise<void>(resolve => this.server.listen(0, '127.0.0.1', resolve));
        for (let process = 0; process < this.load.processes; process++) {
            const first = (process * PERIOD_MS) / this.load.processes;
            setTimeout(() => this.timers.push(setInterval(() => this.publish(process), PERIOD_MS)), first);
        }
        return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    }

    /** Nothing happens any more. */
    rest() {
        for (const timer of this.timers) clearInterval(timer);
    }

    stop() {
        this.rest();
        this.goAway();
        this.server.closeAllConnections();
        this.server.close();
    }

    /** As when a server goes down: all streams break, and there are none until it is back. */
    goAway() {
        this.isAway = true;
        for (const stream of this.streams) stream.destroy();
        this.streams.clear();
    }

    comeBack() {
        this.isAway = false;
    }

    /** The frames all indexers have finished. */
    indexed(): number {
        return this.workers.reduce((sum, worker) => sum + worker.indexed, 0);
    }

    private workerJson(worker: FakeWorker) {
        const { id, part, emitted, indexed, objects, segments } = worker;
        const started_us = 1_700_000_000_000_000;
        const stage_us =
            part === 'indexer' ? { detect: indexed * 9000, embed: indexed * 4000 } : { decode: emitted * 5000 };
        return {
            id,
            part,
            state: 'busy',
            video: VIDEO,
            segment: 3,
            started_us,
            emitted,
            indexed,
            failed: 0,
            objects,
            segments,
            stage_us,
        };
    }

    private publish(process: number) {
        const own = this.workers.slice(process * 5, process * 5 + 5);
        const events = [];
        const count = Math.round((this.load.eventsPerSecond * PERIOD_MS) / 1000 / this.load.processes);
        for (let i = 0; i < count; i++) {
            const worker = own[this.turn++ % own.length] as FakeWorker;
            const downloader = worker.part === 'downloader';
            if (downloader) worker.emitted += 1;
            else worker.indexed += 1;
            worker.objects += downloader ? 0 : 3;
            events.push({
                at_us: Date.now() * 1000,
                kind: downloader ? 'frame_emitted' : 'frame_indexed',
                worker: worker.id,
                video: VIDEO,
                segment: 3,
                frame: this.frame++,
                ...(downloader ? {} : { count: 3 }),
            });
        }
        this.sentEvents += events.length;
        const message = {
            v: 1,
            at_us: Date.now() * 1000,
            host: 'node',
            pid: 1000 + process,
            rss_bytes: 4e8,
            cpu_us: 1e6,
            dropped: 0,
            workers: own.map(worker => this.workerJson(worker)),
            events,
        };
        this.id += 1;
        const text = `id: ${this.id}\nevent: activity\ndata: ${JSON.stringify(message)}\n\n`;
        const depths = `event: queues\ndata: ${JSON.stringify({ queues: this.queues() })}\n\n`;
        for (const stream of this.streams) {
            stream.write(text);
            if (process === 0 && this.id % 5 === 0) stream.write(depths);
        }
    }

    private queues() {
        return [
            { topic: 'sources', waiting: 0, leased: 1 },
            { topic: 'segments', waiting: 12, leased: this.load.processes },
            { topic: 'frames', waiting: 400 + (this.id % 97), leased: 4 * this.load.processes },
            { topic: 'detections', waiting: 0, leased: 0 },
        ];
    }

    private state() {
        const now = Date.now() * 1000;
        const workers = this.workers.map(worker => ({
            ...this.workerJson(worker),
            seen_us: now,
            rate: 5,
            host: 'node',
            pid: 1,
        }));
        return {
            id: this.id,
            at_us: now,
            workers,
            videos: [],
            recent: [],
            errors: [],
            totals: {},
            queues: this.queues(),
        };
    }

    private video() {
        const indexed = this.indexed();
        const progress = {
            split_done: true,
            segments: 900,
            segments_done: 20,
            frames_expected: 90_000,
            frames_emitted: indexed + 400,
            frames_indexed: indexed,
            frames_failed: 0,
            objects: 3 * indexed,
        };
        const media = { title: '', container: 'mp4', codec: 'h264', mime_type: null, width: 1280, height: 720 };
        const more = {
            sample_aspect_ratio: [1, 1],
            rotation: 0,
            has_audio: false,
            duration_us: 9e9,
            media_offset_us: 0,
        };
        const time = '2026-01-01T00:00:00Z';
        return {
            id: VIDEO,
            project: 'load',
            name: 'A long video',
            source: 'file:///long.mp4',
            state: 'running',
            chunk_seconds: 10,
            limit_seconds: null,
            fps: 10,
            created_at: time,
            updated_at: time,
            finished_at: null,
            media: { ...media, ...more, size_bytes: 1, frame_rate: 25 },
            progress,
            models: { detector: null, embedder: null },
            source_incomplete: false,
            thumbnail: false,
            resumable: false,
            errors_count: 0,
            errors: [],
        };
    }

    private answer(request: IncomingMessage, response: ServerResponse) {
        const path = new URL(request.url ?? '/', 'http://localhost').pathname;
        const json = (body: unknown) => {
            response.writeHead(200, { 'Content-Type': 'application/json' });
            response.end(JSON.stringify(body));
        };
        if (path === '/api/v1/activity') this.openStream(response);
        else if (path === '/api/v1/videos') json({ videos: [this.video()], next_cursor: null });
        else if (path === '/api/v1/dead-letters') json({ dead_letters: [], next_cursor: null });
        else if (path === '/api/v1/projects') json({ projects: [], next_cursor: null });
        else if (path === '/healthz') json({ status: 'ok', version: '0' });
        else this.sendFile(path, response);
    }

    private openStream(response: ServerResponse) {
        if (this.isAway) {
            response.destroy();
            return;
        }
        response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
        response.write(`id: ${this.id}\nevent: snapshot\ndata: ${JSON.stringify(this.state())}\n\n`);
        this.streams.add(response);
        response.on('close', () => this.streams.delete(response));
    }

    private sendFile(path: string, response: ServerResponse) {
        const wanted = join(this.web, normalize(path));
        const file = existsSync(wanted) && statSync(wanted).isFile() ? wanted : join(this.web, 'index.html');
        response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' });
        createReadStream(file).pipe(response);
    }
}
