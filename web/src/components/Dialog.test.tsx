import { fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, it, vi } from 'vitest';
import { ConfirmDialog } from './ConfirmDialog.tsx';
import { Dialog } from './Dialog.tsx';

function Opener({ keepOpen = false }: { keepOpen?: boolean }) {
    const [open, setOpen] = useState(false);
    return (
        <>
            <button type="button" onClick={() => setOpen(true)}>
                Open
            </button>
            {open && (
                <Dialog title="Rename" keepOpen={keepOpen} onClose={() => setOpen(false)}>
                    <input aria-label="Name" />
                </Dialog>
            )}
        </>
    );
}

it('is named by its title, and gives the focus back when it closes', async () => {
    const user = userEvent.setup();
    render(<Opener />);
    await user.click(screen.getByText('Open'));
    expect(screen.getByRole('dialog', { name: 'Rename' })).toHaveProperty('open', true);
    expect(document.activeElement).toBe(screen.getByLabelText('Name'));
    await user.click(screen.getByRole('button', { name: 'Close' }));
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(document.activeElement).toBe(screen.getByText('Open'));
});

it('closes by Escape and by a press outside, unless something typed would be lost', async () => {
    const user = userEvent.setup();
    const { unmount } = render(<Opener />);
    await user.click(screen.getByText('Open'));
    fireEvent(screen.getByRole('dialog'), new Event('cancel', { cancelable: true }));
    expect(screen.queryByRole('dialog')).toBeNull();
    await user.click(screen.getByText('Open'));
    fireEvent.click(screen.getByRole('dialog'));
    expect(screen.queryByRole('dialog')).toBeNull();
    unmount();

    render(<Opener keepOpen />);
    await user.click(screen.getByText('Open'));
    fireEvent.click(screen.getByRole('dialog'));
    expect(screen.queryByRole('dialog')).not.toBeNull();
});

it('stays open with the sentence when what was confirmed fails', async () => {
    const user = userEvent.setup();
    const onClose = vi.fn();
    const onConfirm = vi.fn<() => Promise<void>>().mockRejectedValueOnce(new Error('the disk is full'));
    render(
        <ConfirmDialog title="Delete" confirm="Delete video" danger onConfirm={onConfirm} onClose={onClose}>
            It is gone for good.
        </ConfirmDialog>,
    );
    await user.click(screen.getByRole('button', { name: 'Delete video' }));
    expect(screen.getByRole('alert').textContent).toBe('The disk is full.');
    expect(onClose).not.toHaveBeenCalled();
    onConfirm.mockResolvedValueOnce(undefined);
    await user.click(screen.getByRole('button', { name: 'Delete video' }));
    expect(onClose).toHaveBeenCalledTimes(1);
});
