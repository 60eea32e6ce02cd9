// The colour of a label: one of twelve hues by a stable hash of its name, so it is the same on every device and page.
// All are light enough for dark text on them (WCAG AA) and to be seen over footage, in both themes.

export interface LabelColour {
    /** For boxes, chips and marks. */
    fill: string;
    /** For text on `fill`. */
    text: string;
}

const TEXT = '#0e1013';

// The accent's orange is not among them: it means "selected".
export const LABEL_FILLS = [
    '#ff8f88',
    '#ff9f6b',
    '#dfc75a',
    '#b6d15c',
    '#7fd46f',
    '#57d3a0',
    '#4fd0d0',
    '#69c0ff',
    '#96b0ff',
    '#bda3ff',
    '#e096f2',
    '#ff92c5',
] as const;

/** FNV-1a over the UTF-16 code units. */
function hashOf(text: string): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) {
        hash ^= text.charCodeAt(i);
        hash = Math.imul(hash, 0x01000193);
    }
    return hash >>> 0;
}

export function fillOf(name: string): string {
    // The low bits of FNV are weak in short names: fold the high ones in.
    const hash = hashOf(name.normalize('NFC'));
    return LABEL_FILLS[((hash >>> 16) ^ (hash & 0xffff)) % LABEL_FILLS.length] ?? LABEL_FILLS[0];
}

export function labelColour(name: string): LabelColour {
    return { fill: fillOf(name), text: TEXT };
}

/** The colour that tells one track from another. */
export function trackColour(track: string): string {
    return fillOf(track);
}

function luminance(hex: string): number {
    const channel = (at: number) => {
        const value = parseInt(hex.slice(at, at + 2), 16) / 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

/** WCAG 2 contrast of two colours `#rrggbb`, 1 to 21. */
export function contrast(a: string, b: string): number {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
    return (light + 0.05) / (dark + 0.05);
}
