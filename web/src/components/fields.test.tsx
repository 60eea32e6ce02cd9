import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, it, vi } from 'vitest';
import { Button } from './Button.tsx';
import { SelectField } from './SelectField.tsx';
import { Tabs } from './Tabs.tsx';
import { TextField } from './TextField.tsx';

it('ties label, hint and error to the control', () => {
    render(<TextField label="Name" hint="Lower case." error="The name is taken." value="x" onChange={vi.fn()} />);
    const input = screen.getByLabelText('Name');
    expect(input.getAttribute('aria-invalid')).toBe('true');
    const described = (input.getAttribute('aria-describedby') ?? '').split(' ');
    expect(described.map(id => document.getElementById(id)?.textContent)).toEqual([
        'The name is taken.',
        'Lower case.',
    ]);
});

it('gives what was typed and chosen', async () => {
    const user = userEvent.setup();
    const onText = vi.fn();
    const onChoice = vi.fn();
    render(
        <>
            <TextField label="Name" value="" onChange={onText} />
            <SelectField
                label="Scope"
                value="video"
                onChange={onChoice}
                options={[
                    { value: 'video', label: 'This video' },
                    { value: 'project', label: 'Whole project' },
                ]}
            />
        </>,
    );
    await user.type(screen.getByLabelText('Name'), 'a');
    await user.selectOptions(screen.getByLabelText('Scope'), 'Whole project');
    expect(onText.mock.calls).toEqual([['a']]);
    expect(onChoice.mock.calls).toEqual([['project']]);
});

it('takes no presses while it is busy, and keeps the focus', async () => {
    const user = userEvent.setup();
    const onClick = vi.fn();
    render(
        <Button busy onClick={onClick}>
            Save
        </Button>,
    );
    await user.click(screen.getByText('Save'));
    expect(onClick).not.toHaveBeenCalled();
    expect(document.activeElement).toBe(screen.getByText('Save'));
});

it('chooses tabs with the arrow keys, round the ends', async () => {
    const user = userEvent.setup();
    function Panel() {
        const [value, setValue] = useState<'similar' | 'labels'>('similar');
        return (
            <Tabs
                label="Panel"
                tabs={[
                    { value: 'similar', label: 'Similar' },
                    { value: 'labels', label: 'Labels' },
                ]}
                value={value}
                onChange={setValue}
            >
                shows {value}
            </Tabs>
        );
    }
    render(<Panel />);
    await user.click(screen.getByRole('tab', { name: 'Similar' }));
    await user.keyboard('{ArrowLeft}');
    expect(screen.getByRole('tabpanel', { name: 'Labels' }).textContent).toBe('shows labels');
    expect(document.activeElement).toBe(screen.getByRole('tab', { name: 'Labels' }));
});
