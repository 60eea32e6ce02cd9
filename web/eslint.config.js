import js from '@eslint/js';
import globals from 'globals';
import a11y from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import ts from 'typescript-eslint';

const FEATURES = ['projects', 'ingest', 'player', 'labelling', 'labelled', 'search', 'exchange'];

/** Forbids imports of the given folders of src/, by alias and by relative path. */
function mayNotImport(folders, message) {
    return [
        'error',
        {
            patterns: [
                {
                    group: folders.flatMap(folder => {
                        // From another feature, the relative path to features/search starts ../../search.
                        const name = folder.replace(/.*\//, '');
                        return [`@/${folder}`, `@/${folder}/**`, `**/../${name}`, `**/../${name}/**`];
                    }),
                    message,
                },
            ],
        },
    ];
}

const SHARED_DIRECTION =
    'components, lib and api know nothing of features and app: the direction is shared → features → app';

export default ts.config(
    { ignores: ['dist/', 'node_modules/', 'src/api/schema.d.ts'] },
    js.configs.recommended,
    ...ts.configs.strictTypeChecked,
    a11y.flatConfigs.recommended,
    hooks.configs.flat.recommended,
    {
        languageOptions: {
            globals: globals.browser,
            parserOptions: { projectService: { allowDefaultProject: ['eslint.config.js', 'scripts/*.mjs'] } },
        },
        linterOptions: { reportUnusedDisableDirectives: 'error' },
        rules: {
            '@typescript-eslint/consistent-type-imports': 'error',
            '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
            '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
            '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
            // Code points are what is meant where a string is spread.
            '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
            'no-console': 'error',
            eqeqeq: 'error',
        },
    },
    {
        files: ['src/{components,lib,api}/**'],
        rules: { 'no-restricted-imports': mayNotImport(['features', 'app'], SHARED_DIRECTION) },
    },
    ...FEATURES.map(feature => ({
        files: [`src/features/${feature}/**`],
        rules: {
            'no-restricted-imports': mayNotImport(
                ['app', ...FEATURES.filter(other => other !== feature).map(other => `features/${other}`)],
                'features do not import each other nor app: share it in components/ or lib/, or put it together in app/routes/',
            ),
        },
    })),
    {
        files: ['**/*.{js,mjs}'],
        extends: [ts.configs.disableTypeChecked],
        languageOptions: { globals: globals.node },
        rules: { 'no-console': 'off' },
    },
    {
        files: ['e2e/**', 'scripts/**', '*.config.ts'],
        languageOptions: { globals: globals.node },
        rules: { 'no-console': 'off' },
    },
    {
        files: ['**/*.test.{ts,tsx}', 'src/testing/**', 'e2e/**'],
        rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
    },
);
