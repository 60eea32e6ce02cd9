import { ESLint } from 'eslint';
import { expect, it } from 'vitest';

/** The rule alone, on a file that need not exist. */
async function complaints(filePath: string, from: string): Promise<number> {
    const full = new ESLint();
    const { rules } = (await full.calculateConfigForFile(filePath)) as { rules: Record<string, unknown> };
    const rule = rules['no-restricted-imports'];
    if (rule === undefined) return 0;
    const eslint = new ESLint({
        overrideConfigFile: true,
        overrideConfig: [{ files: ['**'], rules: { 'no-restricted-imports': rule as never } }],
    });
    const [result] = await eslint.lintText(`import { x } from '${from}';\nx();\n`, { filePath: 'x.js' });
    return result!.messages.length;
}

it.each([
    ['src/features/player/components/Player.tsx', '@/features/search/model/query.ts'],
    ['src/features/player/components/Player.tsx', '../../search/model/query.ts'],
    ['src/features/player/components/Player.tsx', '@/app/router.tsx'],
    ['src/components/Button.tsx', '@/features/search/model/query.ts'],
    ['src/lib/time.ts', '../app/router.tsx'],
])('%s may not import %s', async (file, from) => {
    expect(await complaints(file, from)).toBe(1);
});

it.each([
    ['src/features/player/components/Player.tsx', '../model/boxes.ts'],
    ['src/features/player/components/Player.tsx', '@/features/player/model/boxes.ts'],
    ['src/features/player/components/Player.tsx', '@/components/Button.tsx'],
    ['src/app/routes/LabelRoute.tsx', '@/features/player/components/Player.tsx'],
])('%s may import %s', async (file, from) => {
    expect(await complaints(file, from)).toBe(0);
});
