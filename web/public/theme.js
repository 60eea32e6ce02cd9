// Runs before the first paint, so that a chosen theme does not flash; src/lib/theme.ts does the rest.
const root = document.documentElement;
try {
    const theme = localStorage.getItem('framehound.theme');
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    else if (matchMedia('(prefers-color-scheme: light)').matches) root.dataset.theme = 'light';
} catch {
    // No storage: the system's theme it is.
}
