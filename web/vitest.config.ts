import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// A page is only made for the tests that render (x.test.tsx): it takes longer than most tests of logic (x.test.ts) do. One
// of those that needs a page says so in its first line: // @vitest-environment jsdom
export default defineConfig({
    plugins: [react()],
    resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
    test: {
        css: { modules: { classNameStrategy: 'non-scoped' } },
        restoreMocks: true,
        // For a machine with other work to do: how long a test takes says nothing.
        testTimeout: 30_000,
        maxWorkers: 2,
        projects: [
            {
                extends: true,
                test: { name: 'logic', include: ['{src,scripts}/**/*.test.ts'], environment: 'node' },
            },
            {
                extends: true,
                test: {
                    name: 'page',
                    include: ['src/**/*.test.tsx'],
                    environment: 'jsdom',
                    setupFiles: ['src/testing/setup.ts'],
                },
            },
        ],
    },
});
