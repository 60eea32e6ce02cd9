import { expect, it } from 'vitest';
import { paintFirst } from './paint-first.ts';

it('puts the stylesheets behind what the page shows by itself, and nothing else', () => {
    const { transformIndexHtml } = paintFirst();
    if (typeof transformIndexHtml !== 'object') throw new Error('the plugin has no order');
    const handler = transformIndexHtml.handler as unknown as (html: string) => string;
    const style = '<link rel="stylesheet" crossorigin href="/assets/a.css">';
    const script = '<script type="module" crossorigin src="/assets/a.js"></script>';
    const page = `<head>\n  ${script}\n  ${style}\n</head>\n<body>\n  <p>Loading…</p>\n</body>`;
    expect(handler(page)).toBe(`<head>\n  ${script}\n</head>\n<body>\n  <p>Loading…</p>\n  ${style}\n    </body>`);
    expect(handler('<head></head><body></body>')).toBe('<head></head><body>\n    </body>');
});
