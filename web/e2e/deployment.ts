// The parts of a distributed Framehound as processes of their own, over servers that somebody else has started
// (tests/live/test_web_deployment.py): so that the same tests hold for one program and for a deployment.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What FRAMEHOUND_E2E_SERVERS says, as JSON. */
interface Servers {
    /** "kafka://HOST:PORT" */
    queue: string;
    /** "s3://BUCKET" */
    blobStore: string;
    s3Endpoint: string;
    metaStore: string;
}

const text = process.env.FRAMEHOUND_E2E_SERVERS;
const servers = text === undefined ? undefined : (JSON.parse(text) as Servers);

/** Options of the web server alone: the parts do not know them. */
const OF_THE_SERVER = ['--max-upload', '--token-file', '--allow-host', '--allow-origin', '--media'];

function withoutServers(args: readonly string[]): string[] {
    return args.filter((arg, i) => !OF_THE_SERVER.includes(arg) && !OF_THE_SERVER.includes(args[i - 1] ?? ''));
}

interface PartsOptions {
    program: string;
    /** For logs and the vectors. */
    folder: string;
    data: string;
    args: readonly string[];
    env: NodeJS.ProcessEnv;
    follows: boolean;
}

export class Parts {
    /** What names the servers to every process. */
    settings: readonly string[] = [];
    private readonly names: readonly string[];
    private vectors: ChildProcess | undefined;
    private running: ChildProcess[] = [];

    /** Undefined where tests are to run against one program, as they usually are. */
    static make(options: PartsOptions): Parts | undefined {
        return servers === undefined ? undefined : new Parts(servers, options);
    }

    private constructor(
        private readonly on: Servers,
        private readonly options: PartsOptions,
    ) {
        this.names = ['splitter', 'downloader', 'indexer', ...(options.follows ? ['tracker'] : [])];
    }

    /** Again after `end`, too: the servers stay, as they do when a deployment's own processes crash. */
    async start(): Promise<void> {
        this.settings = this.vectors === undefined ? await this.firstSettings() : this.settings;
        const { data, args } = this.options;
        this.running = this.names.map(name =>
            this.spawn(name, [name, '--data', data, ...this.settings, ...withoutServers(args)]),
        );
    }

    async end(signal: NodeJS.Signals): Promise<void> {
        await Promise.all(this.running.map(one => endOf(one, signal)));
        this.running = [];
    }

    async stop(): Promise<void> {
        await this.end('SIGTERM');
        if (this.vectors !== undefined) await endOf(this.vectors, 'SIGTERM');
    }

    /** Names of its own on every server: nothing is shared with another test. */
    private async firstSettings(): Promise<string[]> {
        const name = `e2e-${randomBytes(4).toString('hex')}`;
        const { queue, blobStore, s3Endpoint, metaStore } = this.on;
        return [
            ...['--queue', `${queue}/${name}.`, '--kafka-partitions', '4', '--kafka-replication', '1'],
            ...['--blob-store', `${blobStore}/${name}`, '--s3-endpoint', s3Endpoint],
            ...['--meta-store', metaStore, '--redis-prefix', name],
            ...['--vector-index', await this.startVectors()],
        ];
    }

    private async startVectors(): Promise<string> {
        const folder = join(this.options.folder, 'vectors');
        mkdirSync(folder, { recursive: true });
        const started = this.spawn('vectors', ['vectors', '--data', folder, '--listen', '127.0.0.1:0']);
        this.vectors = started;
        for (;;) {
            const said = readFileSync(this.logOf('vectors'), 'utf8');
            const address = /on (http:\/\/\S+)/.exec(said)?.[1];
            if (address !== undefined) return address;
            if (started.exitCode !== null) throw new Error(`the vector index ended:\n${said}`);
            await new Promise(after => setTimeout(after, 25));
        }
    }

    private logOf(name: string): string {
        return join(this.options.folder, `${name}.log`);
    }

    private spawn(name: string, args: readonly string[]): ChildProcess {
        const log = openSync(this.logOf(name), 'a');
        const started = spawn(this.options.program, args, { stdio: ['ignore', log, log], env: this.options.env });
        closeSync(log);
        return started;
    }
}

async function endOf(ending: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    if (ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise(done => ending.once('exit', done));
    ending.kill(signal);
    await ended;
}
