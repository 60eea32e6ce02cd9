import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { Menu } from './Menu.tsx';

function setUp() {
    const select = vi.fn<(label: string) => void>();
    const items = ['Rename', 'Merge', 'Delete'].map(label => ({ label, onSelect: () => select(label) }));
    render(
        <Menu
            label="Label"
            items={[...items.slice(0, 2), 'separator', ...items.slice(2)]}
            trigger={attributes => (
                <button type="button" {...attributes}>
                    More
                </button>
            )}
        />,
    );
    return { select, user: userEvent.setup(), trigger: screen.getByText('More') };
}

const focused = () => document.activeElement?.textContent;

it('is walked by arrow keys and first letters, and chosen from by Enter', async () => {
    const { select, user, trigger } = setUp();
    await user.click(trigger);
    expect(trigger.getAttribute('aria-expanded')).toBe('true');
    expect(focused()).toBe('Rename');
    await user.keyboard('{ArrowUp}');
    expect(focused()).toBe('Delete');
    await user.keyboard('m');
    expect(focused()).toBe('Merge');
    await user.keyboard('{Enter}');
    expect(select.mock.calls).toEqual([['Merge']]);
    expect(screen.queryByRole('menu')).toBeNull();
    expect(document.activeElement).toBe(trigger);
});

it('closes by Escape and by a press elsewhere', async () => {
    const { select, user, trigger } = setUp();
    await user.click(trigger);
    await user.keyboard('{Escape}');
    expect(screen.queryByRole('menu')).toBeNull();
    expect(document.activeElement).toBe(trigger);
    await user.click(trigger);
    await user.click(document.body);
    expect(screen.queryByRole('menu')).toBeNull();
    expect(select).not.toHaveBeenCalled();
});
