// Writes src/api/schema.d.ts from the HTTP contract; with --check it only says whether the file is what it would write.
import { readFileSync, writeFileSync } from 'node:fs';
import openapi, { astToString } from 'openapi-typescript';

const contract = new URL('../../api/openapi.yaml', import.meta.url);
const target = new URL('../src/api/schema.d.ts', import.meta.url);
const header = '// Made from api/openapi.yaml by `npm run api`; do not edit.\n\n';

/** What schema.d.ts should hold. */
export async function generate() {
    return header + astToString(await openapi(contract, { alphabetize: false, defaultNonNullable: false }));
}

if (process.argv[1]?.endsWith('api-types.mjs')) {
    const wanted = await generate();
    if (!process.argv.includes('--check')) {
        writeFileSync(target, wanted);
    } else if (readFileSync(target, 'utf8') !== wanted) {
        console.error('web/src/api/schema.d.ts differs from api/openapi.yaml: run `npm run api` in web/');
        process.exit(1);
    }
}
