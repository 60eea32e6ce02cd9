import type { Plugin } from 'vite';

const STYLESHEETS = /\s*<link rel="stylesheet"[^>]*>/g;

/** Moves the page's stylesheets behind what index.html shows by itself, which then needs not wait for them. */
export function paintFirst(): Plugin {
    return {
        name: 'framehound-paint-first',
        apply: 'build',
        transformIndexHtml: {
            order: 'post',
            handler: html => {
                const links = html.match(STYLESHEETS) ?? [];
                return html.replaceAll(STYLESHEETS, '').replace(/\s*<\/body>/, `${links.join('')}\n    </body>`);
            },
        },
    };
}
