import { useState } from 'react';
import { IconButton } from '@/components/IconButton.tsx';
import { MoonIcon, PersonIcon, SunIcon, SystemIcon } from '@/components/icons.tsx';
import { Menu } from '@/components/Menu.tsx';
import { useEditorName } from '@/lib/editor.ts';
import { chooseTheme, useThemeChoice } from '@/lib/theme.ts';
import { EditorDialog } from './EditorDialog.tsx';

const THEMES = [
    { value: 'system', label: 'Theme of the system', icon: <SystemIcon /> },
    { value: 'light', label: 'Light', icon: <SunIcon /> },
    { value: 'dark', label: 'Dark', icon: <MoonIcon /> },
] as const;

/** What holds in this browser: who labels in it, and the theme. */
export function SettingsMenu() {
    const theme = useThemeChoice();
    const name = useEditorName();
    const [asks, setAsks] = useState(false);
    return (
        <>
            <Menu
                label="Settings of this browser"
                align="end"
                items={[
                    {
                        label: name === '' ? 'Your name…' : `You are ${name}…`,
                        icon: <PersonIcon />,
                        onSelect: () => setAsks(true),
                    },
                    'separator',
                    ...THEMES.map(({ value, label, icon }) => ({
                        label,
                        icon,
                        checked: value === theme,
                        onSelect: () => chooseTheme(value),
                    })),
                ]}
                trigger={attributes => (
                    <IconButton
                        {...attributes}
                        label={name === '' ? 'Your name and the theme' : `${name}: name and theme`}
                        icon={<PersonIcon />}
                    />
                )}
            />
            {asks && <EditorDialog onClose={() => setAsks(false)} />}
        </>
    );
}
