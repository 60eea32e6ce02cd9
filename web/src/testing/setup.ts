// What jsdom does not have, and a clean page after each test.
import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { afterEach, vi } from 'vitest';

// What a page shows in the end counts, not how soon: the machine may have other work to do.
configure({ asyncUtilTimeout: 10_000 });

afterEach(() => {
    cleanup();
    document.title = '';
});

vi.stubGlobal('matchMedia', (query: string) => ({
    matches: false,
    media: query,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
}));

const dialog = HTMLDialogElement.prototype;
// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition, @typescript-eslint/unbound-method -- missing in jsdom
dialog.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
};
// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition, @typescript-eslint/unbound-method -- missing in jsdom
dialog.close ??= function (this: HTMLDialogElement) {
    if (!this.open) return;
    this.open = false;
    this.dispatchEvent(new Event('close'));
};
const element = HTMLElement.prototype;
// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition, @typescript-eslint/unbound-method -- missing in jsdom
element.scrollIntoView ??= () => undefined;
// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition, @typescript-eslint/unbound-method -- missing in jsdom
element.showPopover ??= function (this: HTMLElement) {
    // jsdom's style sheet hides popovers, and knows no :popover-open.
    this.style.display = 'block';
    this.dispatchEvent(new Event('toggle'));
};
// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition, @typescript-eslint/unbound-method -- missing in jsdom
element.hidePopover ??= function (this: HTMLElement) {
    this.style.display = '';
    this.dispatchEvent(new Event('toggle'));
};
