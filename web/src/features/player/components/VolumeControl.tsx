import type { KeyboardEvent } from 'react';
import { IconButton } from '@/components/IconButton.tsx';
import { MutedIcon, VolumeIcon } from '@/components/icons.tsx';
import { classNames } from '@/lib/class-names.ts';
import type { Playback } from '../model/playback.ts';
import styles from './Range.module.css';

/** Arrow keys move the slider that has the focus, not the video. */
export function keepKeys(event: KeyboardEvent) {
    if (/^(Arrow|Home|End|Page)/.test(event.key)) event.stopPropagation();
}

export function VolumeControl({ playback, volume, muted }: { playback: Playback; volume: number; muted: boolean }) {
    const silent = muted || volume === 0;
    return (
        <>
            <IconButton
                label={silent ? 'Sound on' : 'Mute'}
                shortcut="m"
                icon={silent ? <MutedIcon /> : <VolumeIcon />}
                onClick={() => playback.toggleMuted()}
            />
            <input
                type="range"
                className={classNames(styles.range, styles.volume)}
                aria-label="Volume"
                min={0}
                max={1}
                step={0.05}
                value={muted ? 0 : volume}
                onKeyDown={keepKeys}
                onChange={event => playback.setVolume(Number(event.target.value))}
            />
        </>
    );
}
