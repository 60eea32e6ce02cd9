import { useEffect, useRef } from 'react';
import { IconButton } from '@/components/IconButton.tsx';
import { SplitIcon } from '@/components/icons.tsx';
import { useShownTime } from '../hooks/usePlayback.ts';
import type { Playback } from '../model/playback.ts';
import { xOf, type Viewport } from '../model/viewport.ts';
import styles from './Timeline.module.css';

/** The track of the selection, and how to end it. */
export interface Splitting {
    firstUs: number;
    lastUs: number;
    onSplit: () => void;
}

interface Props {
    playback: Playback;
    viewport: Viewport;
    width: number;
    splitting: Splitting;
}

const WHILE_PLAYING_MS = 200;

/** On the lane of the selected track, under the playhead: cuts the track there. */
export function SplitHandle({ playback, viewport, width, splitting }: Props) {
    const handle = useRef<HTMLDivElement>(null);
    const us = useShownTime(playback, WHILE_PLAYING_MS);
    const { firstUs, lastUs, onSplit } = splitting;
    const possible = us > firstUs && us <= lastUs;

    useEffect(() => {
        const move = () => {
            const x = xOf(viewport, playback.headUs(), width);
            if (handle.current === null) return;
            handle.current.style.transform = `translateX(${x}px)`;
            handle.current.hidden = x < 0 || x > width;
        };
        move();
        return playback.subscribeTime(move);
    }, [playback, viewport, width, possible]);

    if (!possible) return null;
    return (
        <div ref={handle} className={styles.split}>
            <IconButton size="s" label="Split the track here" shortcut="s" icon={<SplitIcon />} onClick={onSplit} />
        </div>
    );
}
