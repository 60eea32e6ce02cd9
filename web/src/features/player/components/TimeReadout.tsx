import { useEffect, useRef } from 'react';
import { formatTimecode } from '@/lib/format.ts';
import { US_PER_MS } from '@/lib/time.ts';
import type { Playback } from '../model/playback.ts';
import { SAME_TIME_US, sampleAt, type Samples } from '../model/samples.ts';
import styles from './TimeReadout.module.css';

/** "frame 37", or how long after it the shown frame is. */
function frameText(samples: Samples, us: number): string {
    const frame = sampleAt(samples, us);
    if (frame === undefined) return '';
    const after = us - frame.pts_us;
    return after <= SAME_TIME_US
        ? `frame ${frame.index}`
        : `frame ${frame.index} + ${Math.round(after / US_PER_MS)} ms`;
}

/** Time and frame, written with each presented frame without rendering anything anew. */
export function TimeReadout({
    playback,
    samples,
    durationUs,
}: {
    playback: Playback;
    samples: Samples;
    durationUs: number;
}) {
    const time = useRef<HTMLSpanElement>(null);
    const frame = useRef<HTMLSpanElement>(null);
    useEffect(() => {
        const write = () => {
            if (time.current !== null) time.current.textContent = formatTimecode(playback.headUs());
            if (frame.current !== null) frame.current.textContent = frameText(samples, playback.currentUs());
        };
        write();
        return playback.subscribeTime(write);
    }, [playback, samples]);
    return (
        <div className={styles.readout}>
            <span>
                <span ref={time} className={styles.time} data-testid="time" />
                <span className={styles.duration}> / {formatTimecode(durationUs)}</span>
            </span>
            <span ref={frame} className={styles.frame} data-testid="frame" />
        </div>
    );
}
