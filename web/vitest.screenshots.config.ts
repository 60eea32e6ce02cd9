// The pictures of the documentation: `make screenshots`, not part of the tests.
import { defineConfig } from 'vitest/config';

export default defineConfig({
    test: {
        include: ['e2e/screenshots.ts'],
        environment: 'node',
        testTimeout: 300_000,
        hookTimeout: 300_000,
    },
});
