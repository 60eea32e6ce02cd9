// End-to-end tests: a real browser against a real server, one file at a time. They need FRAMEHOUND_BIN (the program) and
// a built web application in FRAMEHOUND_WEB; see e2e/README.md.
import { defineConfig } from 'vitest/config';

const slowness = Number(process.env.FRAMEHOUND_SLOWNESS ?? 1);

export default defineConfig({
    test: {
        include: ['e2e/**/*.e2e.ts'],
        environment: 'node',
        fileParallelism: false,
        testTimeout: 120_000 * slowness,
        hookTimeout: 180_000 * slowness,
        passWithNoTests: true,
        // What a page shows in the end counts, not when.
        expect: { poll: { timeout: 30_000 * slowness } },
    },
});
