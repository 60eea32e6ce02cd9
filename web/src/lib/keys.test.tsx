import { fireEvent, render, renderHook, screen } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { keysOf, shownKeys, useShortcut, useShortcuts } from './keys.tsx';

const plain = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };

describe('keysOf', () => {
    it('writes a key as shortcuts are written', () => {
        expect(keysOf({ ...plain, key: 'K' })).toBe('k');
        expect(keysOf({ ...plain, key: ' ' })).toBe('Space');
        expect(keysOf({ ...plain, key: 'z', ctrlKey: true })).toBe('Mod+z');
        expect(keysOf({ ...plain, key: 'Z', ctrlKey: true, shiftKey: true })).toBe('Mod+Shift+z');
        expect(keysOf({ ...plain, key: 'ArrowLeft', shiftKey: true })).toBe('Shift+ArrowLeft');
    });

    it('leaves Shift out where it chose the character', () => {
        expect(keysOf({ ...plain, key: '?', shiftKey: true })).toBe('?');
    });
});

describe('useShortcut', () => {
    function Harness({ run, enabled = true }: { run: () => void; enabled?: boolean }) {
        useShortcut('k', 'Play or pause', run, { group: 'Player', enabled });
        return (
            <>
                <input aria-label="Name" />
                <button type="button">Save</button>
            </>
        );
    }

    it('leaves the arrow keys to a slider that has the focus, and no others', () => {
        const [ahead, play] = [vi.fn(), vi.fn()];
        function Sliding() {
            useShortcut('ArrowRight', 'Next frame', ahead);
            useShortcut('k', 'Play or pause', play);
            return <input type="range" aria-label="Volume" />;
        }
        render(<Sliding />);
        const slider = screen.getByRole('slider');
        expect(fireEvent.keyDown(slider, { key: 'ArrowRight' })).toBe(true);
        expect(ahead).not.toHaveBeenCalled();
        fireEvent.keyDown(slider, { key: 'k' });
        expect(play).toHaveBeenCalledTimes(1);
    });

    it('only lists what has the focus handles itself', () => {
        const run = vi.fn();
        const { result } = renderHook(() => {
            useShortcut('e', 'Unfold', run, { onlyListed: true });
            return useShortcuts().map(({ keys }) => keys);
        });
        expect(result.current).toEqual(['e']);
        expect(fireEvent.keyDown(document.body, { key: 'e' })).toBe(true);
        expect(run).not.toHaveBeenCalled();
    });

    it('runs on its key, and prevents what the browser would do with it', () => {
        const run = vi.fn();
        render(<Harness run={run} />);
        const went = fireEvent.keyDown(document.body, { key: 'k' });
        expect(run).toHaveBeenCalledTimes(1);
        expect(went).toBe(false);
        fireEvent.keyDown(document.body, { key: 'k', ctrlKey: true });
        expect(run).toHaveBeenCalledTimes(1);
    });

    it('is off while one types, while a dialog is open, and when disabled', () => {
        const run = vi.fn();
        const { rerender } = render(<Harness run={run} />);
        fireEvent.keyDown(screen.getByLabelText('Name'), { key: 'k' });
        const dialog = document.body.appendChild(document.createElement('dialog'));
        dialog.setAttribute('open', '');
        fireEvent.keyDown(document.body, { key: 'k' });
        dialog.remove();
        rerender(<Harness run={run} enabled={false} />);
        fireEvent.keyDown(document.body, { key: 'k' });
        expect(run).not.toHaveBeenCalled();
    });

    it('leaves Space and Enter to a focused button', () => {
        const run = vi.fn();
        render(<Harness run={vi.fn()} />);
        renderHook(() => useShortcut('Space', 'Play', run));
        fireEvent.keyDown(screen.getByText('Save'), { key: ' ' });
        expect(run).not.toHaveBeenCalled();
        fireEvent.keyDown(document.body, { key: ' ' });
        expect(run).toHaveBeenCalledTimes(1);
    });

    it('gives the key to the one registered last, and lists what is registered', () => {
        const first = vi.fn();
        const second = vi.fn();
        render(<Harness run={first} />);
        const over = renderHook(() => useShortcut('k', 'Confirm', second));
        fireEvent.keyDown(document.body, { key: 'k' });
        expect([first.mock.calls.length, second.mock.calls.length]).toEqual([0, 1]);
        over.unmount();
        const { result } = renderHook(() => useShortcuts());
        expect(result.current.map(shortcut => shortcut.description)).toEqual(['Play or pause']);
    });
});

it('shows keys as they stand on the keyboard', () => {
    expect(shownKeys('Mod+z')).toEqual(['Ctrl', 'Z']);
    expect(shownKeys('Shift+ArrowLeft')).toEqual(['Shift', '←']);
    expect(shownKeys('?')).toEqual(['?']);
});
