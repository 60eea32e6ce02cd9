import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { generate } from '../../scripts/api-types.mjs';

it('is what the contract says; `npm run api` writes it', async () => {
    expect(readFileSync('src/api/schema.d.ts', 'utf8') === (await generate())).toBe(true);
});
