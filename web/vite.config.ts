import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { paintFirst } from './scripts/paint-first.ts';
import { precompress } from './scripts/precompress.ts';

const server = process.env.FRAMEHOUND_SERVER ?? 'http://127.0.0.1:8080';

export default defineConfig({
    plugins: [react(), paintFirst(), precompress()],
    resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
    server: {
        host: '127.0.0.1',
        // The server refuses requests whose Origin is not its own; through the proxy they are.
        proxy: {
            '/api': { target: server, changeOrigin: true, headers: { origin: server } },
            '/healthz': { target: server, changeOrigin: true },
        },
    },
    build: {
        target: 'es2023',
        // The content security policy allows no data: scripts and styles, and small files are cheap to fetch.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
    },
});
