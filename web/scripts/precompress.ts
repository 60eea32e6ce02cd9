import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const COMPRESSIBLE = /\.(js|css|html|svg|json|webmanifest)$/;
// Below this a compressed file saves nothing: it fits the first packet anyway.
const LEAST_BYTES = 1024;

/** Writes `x.js.gz` beside each `x.js` of the build; the server sends it to browsers that accept it. */
export function precompress(): Plugin {
    let outDir = '';
    return {
        name: 'framehound-precompress',
        apply: 'build',
        configResolved(config) {
            outDir = config.build.outDir;
        },
        closeBundle() {
            for (const entry of readdirSync(outDir, { recursive: true, withFileTypes: true })) {
                if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue;
                const path = join(entry.parentPath, entry.name);
                const content = readFileSync(path);
                if (content.length < LEAST_BYTES) continue;
                writeFileSync(`${path}.gz`, gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
            }
        },
    };
}
