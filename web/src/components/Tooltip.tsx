import { cloneElement, type ReactElement } from 'react';

interface Props {
    text: string;
    children: ReactElement<{ title?: string }>;
}

/** The browser's own tooltip: it needs no layer, no timing and no script, and screen readers know it. */
export function Tooltip({ text, children }: Props) {
    return cloneElement(children, { title: text });
}
