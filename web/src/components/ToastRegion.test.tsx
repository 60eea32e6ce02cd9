import { act, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { toast } from './toast.ts';
import { ToastRegion } from './ToastRegion.tsx';

function advance(ms: number) {
    act(() => {
        vi.advanceTimersByTime(ms);
    });
}

beforeEach(() => {
    vi.useFakeTimers();
});

afterEach(() => {
    act(() => {
        vi.runAllTimers();
    });
    vi.useRealTimers();
});

it('announces in a live region, and goes by itself', () => {
    render(<ToastRegion />);
    const region = screen.getByRole('status');
    act(() => {
        toast('Label saved');
    });
    expect(region.textContent).toContain('Label saved');
    advance(6000);
    expect(region.textContent).toBe('');
});

it('stays longer where there is something to do, and does it once', () => {
    const undo = vi.fn();
    render(<ToastRegion />);
    act(() => {
        toast('Label removed', { action: { label: 'Undo', run: undo } });
    });
    advance(8000);
    act(() => {
        screen.getByText('Undo').click();
    });
    expect(undo).toHaveBeenCalledTimes(1);
    expect(screen.queryByText('Label removed')).toBeNull();
});

it('shows the same message once, and at most three', () => {
    render(<ToastRegion />);
    act(() => {
        for (const text of ['a', 'b', 'b', 'c', 'd']) toast(text);
    });
    expect([...document.querySelectorAll('p')].map(p => p.textContent)).toEqual(['b', 'c', 'd']);
});

it('lets a message take the place of the one with its key', () => {
    render(<ToastRegion />);
    act(() => {
        toast('Split the track', { key: 'step' });
        toast('Something else');
        toast('Undone', { key: 'step' });
    });
    expect([...document.querySelectorAll('p')].map(p => p.textContent)).toEqual(['Something else', 'Undone']);
});
