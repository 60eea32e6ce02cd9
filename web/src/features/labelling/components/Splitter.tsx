import { useRef, type KeyboardEvent, type PointerEvent } from 'react';
import { clamp } from '@/lib/time.ts';
import styles from './Splitter.module.css';

const STEP = 0.02;

interface Props {
    /** What is resized: "Width of the panels". */
    label: string;
    /** vertical: a line from top to bottom, that moves sideways. */
    orientation: 'vertical' | 'horizontal';
    /** Share of what comes before it, 0 to 1, of its parent. */
    value: number;
    least: number;
    most: number;
    onChange: (value: number) => void;
}

/** A line between two parts that can be moved with the pointer and with the arrow keys. */
export function Splitter({ label, orientation, value, least, most, onChange }: Props) {
    const ref = useRef<HTMLDivElement>(null);
    const vertical = orientation === 'vertical';

    function onPointerMove(event: PointerEvent) {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        const whole = ref.current?.parentElement?.getBoundingClientRect();
        if (whole === undefined) return;
        const share = vertical
            ? (event.clientX - whole.left) / whole.width
            : (event.clientY - whole.top) / whole.height;
        onChange(clamp(share, least, most));
    }

    function onKeyDown(event: KeyboardEvent) {
        const moves: Record<string, number> = vertical
            ? { ArrowLeft: value - STEP, ArrowRight: value + STEP, Home: least, End: most }
            : { ArrowUp: value - STEP, ArrowDown: value + STEP, Home: least, End: most };
        const next = moves[event.key];
        if (next === undefined) return;
        event.preventDefault();
        onChange(clamp(next, least, most));
    }

    return (
        // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a focusable separator is a widget (ARIA 1.2)
        <div
            ref={ref}
            role="separator"
            // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- see above
            tabIndex={0}
            aria-label={label}
            aria-orientation={orientation}
            aria-valuenow={Math.round(value * 100)}
            aria-valuemin={Math.round(least * 100)}
            aria-valuemax={Math.round(most * 100)}
            className={styles[orientation]}
            onPointerDown={event => {
                event.preventDefault();
                event.currentTarget.setPointerCapture(event.pointerId);
            }}
            onPointerMove={onPointerMove}
            onKeyDown={onKeyDown}
        />
    );
}
