// Which requests of a page an undo or redo of the same page has overtaken. What they ask for may be gone when the server
// comes to them; no page can know that beforehand.
import type { Page, Request } from 'playwright-core';

const TAKES_AWAY = /\/(undo|redo)$/;

const takesAway = (request: Request) => request.method() === 'POST' && TAKES_AWAY.test(new URL(request.url()).pathname);

/** Says of an address whether a request for it was on its way at the same time as an undo or redo. */
export function watchOvertaken(page: Page): (url: string) => boolean {
    const onTheWay = new Set<Request>();
    const overtaken = new Set<string>();
    page.on('request', request => {
        if (takesAway(request)) for (const other of onTheWay) overtaken.add(other.url());
        else if ([...onTheWay].some(takesAway)) overtaken.add(request.url());
        onTheWay.add(request);
    });
    const ended = (request: Request) => void onTheWay.delete(request);
    page.on('requestfinished', ended);
    page.on('requestfailed', ended);
    return url => overtaken.has(url);
}
