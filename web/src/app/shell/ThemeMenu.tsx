import { IconButton } from '@/components/IconButton.tsx';
import { MoonIcon, SunIcon, SystemIcon } from '@/components/icons.tsx';
import { Menu } from '@/components/Menu.tsx';
import { chooseTheme, useThemeChoice } from '@/lib/theme.ts';

const CHOICES = [
    { value: 'system', label: 'As the system', icon: <SystemIcon /> },
    { value: 'light', label: 'Light', icon: <SunIcon /> },
    { value: 'dark', label: 'Dark', icon: <MoonIcon /> },
] as const;

export function ThemeMenu() {
    const choice = useThemeChoice();
    const current = CHOICES.find(({ value }) => value === choice) ?? CHOICES[0];
    return (
        <Menu
            label="Theme"
            align="end"
            items={CHOICES.map(({ value, label, icon }) => ({
                label,
                icon,
                checked: value === choice,
                onSelect: () => chooseTheme(value),
            }))}
            trigger={attributes => (
                <IconButton {...attributes} label={`Theme: ${current.label.toLowerCase()}`} icon={current.icon} />
            )}
        />
    );
}
