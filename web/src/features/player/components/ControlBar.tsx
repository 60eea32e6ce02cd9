import { IconButton } from '@/components/IconButton.tsx';
import { FullscreenIcon, PauseIcon, PlayIcon, StepBackIcon, StepForwardIcon } from '@/components/icons.tsx';
import { usePlaybackState } from '../hooks/usePlayback.ts';
import type { LayerOptions } from '../model/layer.ts';
import { RATES, type Playback } from '../model/playback.ts';
import type { Samples } from '../model/samples.ts';
import styles from './ControlBar.module.css';
import { LayerControls } from './LayerControls.tsx';
import { TimeReadout } from './TimeReadout.tsx';
import { VolumeControl } from './VolumeControl.tsx';

interface Props {
    playback: Playback;
    samples: Samples;
    durationUs: number;
    hasAudio: boolean;
    options: LayerOptions;
    onOptions: (options: LayerOptions) => void;
    onFullscreen: () => void;
}

export function ControlBar({ playback, samples, durationUs, hasAudio, options, onOptions, onFullscreen }: Props) {
    const { mode, playing, rate, volume, muted } = usePlaybackState(playback);
    return (
        <div className={styles.bar} role="group" aria-label="Player">
            <div className={styles.part}>
                <IconButton
                    label="Previous sampled frame"
                    shortcut="ArrowLeft"
                    icon={<StepBackIcon />}
                    onClick={() => playback.stepSample(-1)}
                />
                <IconButton
                    label={playing ? 'Pause' : 'Play'}
                    shortcut="Space"
                    icon={playing ? <PauseIcon /> : <PlayIcon />}
                    onClick={() => playback.togglePlay()}
                />
                <IconButton
                    label="Next sampled frame"
                    shortcut="ArrowRight"
                    icon={<StepForwardIcon />}
                    onClick={() => playback.stepSample(1)}
                />
            </div>
            <TimeReadout playback={playback} samples={samples} durationUs={durationUs} />
            <div className={styles.space} />
            <LayerControls options={options} onChange={onOptions} />
            <div className={styles.part}>
                <select
                    className={styles.rate}
                    aria-label="Speed"
                    title="Speed (< and >)"
                    value={rate}
                    onChange={event => playback.setRate(Number(event.target.value))}
                >
                    {[...new Set([...RATES, rate])]
                        .sort((a, b) => a - b)
                        .map(value => (
                            <option key={value} value={value}>
                                {value} ×
                            </option>
                        ))}
                </select>
                {hasAudio && mode === 'video' && <VolumeControl playback={playback} volume={volume} muted={muted} />}
                <IconButton label="Full screen" shortcut="f" icon={<FullscreenIcon />} onClick={onFullscreen} />
            </div>
        </div>
    );
}
