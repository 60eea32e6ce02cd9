import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const COMPRESSIBLE = /\.(js|css|html|svg|json|webmanifest)$/;
// Below this a compressed file saves nothing: it fits the first packet anyway.
const LEAST_BYTES = 1024;

/** Writes `x.js.br` and `x.js.gz` beside each `x.js` of the build; the server sends them to browsers that accept them. */
export function precompress(): Plugin {
    return {
        name: 'framehound-precompress',
        apply: 'build',
        writeBundle({ dir: outDir }) {
            if (outDir === undefined) return;
            for (const entry of readdirSync(outDir, { recursive: true, withFileTypes: true })) {
                if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue;
                const path = join(entry.parentPath, entry.name);
                const content = readFileSync(path);
                if (content.length < LEAST_BYTES) continue;
                // Browsers take Brotli over HTTPS and from this machine; gzip, everywhere.
                writeFileSync(`${path}.br`, brotliCompressSync(content));
                writeFileSync(`${path}.gz`, gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
            }
        },
    };
}
