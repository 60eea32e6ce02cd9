// Sending a file of labels, and asking whether one will be given.
import { client, call, sendSignedIn } from '@/api/client.ts';
import { apiErrorOf } from '@/api/problem.ts';
import { editorName } from '@/lib/editor.ts';
import type { Format, Imported } from '../model/exchange.ts';

export interface ImportOptions {
    project: string;
    file: Blob;
    format: Format;
    /** Of entries that say none. */
    video: string | null;
    /** What the file calls clips of this project, and which they are here. */
    same: Readonly<Record<string, string>>;
    /** Of boxes without a name. */
    label: string | null;
    dryRun: boolean;
    /** Of the labels that were looked at when it was tried. */
    version: number | undefined;
    signal?: AbortSignal;
}

/** Throws why the server would not give it: a browser that downloads shows no sentence of the server's. */
export async function checkExport(url: string, signal: AbortSignal): Promise<void> {
    const ask = (method: string) =>
        sendSignedIn(new Request(new URL(url, globalThis.location.origin), { method, signal }));
    if ((await ask('HEAD')).ok) return;
    // The answer to HEAD has no body, and so no reason.
    const refused = await ask('GET');
    if (refused.ok) await refused.body?.cancel();
    else throw apiErrorOf(refused.status, await refused.json().catch(() => undefined));
}

export function importFile(options: ImportOptions): Promise<Imported> {
    const { project, file, format, video, same, label, dryRun, version, signal } = options;
    const query = {
        ...{ format, dry_run: dryRun, video: video ?? undefined, label: label ?? undefined, version },
        same: Object.entries(same).map(([theirs, ours]) => `${theirs}:${ours}`),
        by: editorName(),
    };
    return call(
        client.POST('/api/v1/projects/{p}/import', {
            params: { path: { p: project }, query },
            // The file itself, whatever the contract's generator takes an octet stream for.
            body: file as never,
            bodySerializer: () => file,
            headers: { 'Content-Type': 'application/octet-stream' },
            signal,
        }),
    );
}
