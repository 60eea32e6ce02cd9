import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { Schema } from '@/api/client.ts';
import { US_PER_S } from '@/lib/time.ts';
import { Playback, type PlaybackState, type Settings } from '../model/playback.ts';

const USUAL_RATE = 25;

function settingsOf({ media, limit_seconds }: Schema<'Video'>): Settings {
    return {
        playable: media.mime_type !== null,
        offsetUs: media.media_offset_us,
        durationUs: media.duration_us,
        isLimited: limit_seconds !== null,
        frameUs: US_PER_S / (media.frame_rate > 0 ? media.frame_rate : USUAL_RATE),
    };
}

/** One for the life of the component; what becomes known of the video in the meantime is told to it. */
export function usePlayback(video: Schema<'Video'>, initialUs: number): Playback {
    const settings = useMemo(() => settingsOf(video), [video]);
    const [playback] = useState(() => new Playback(initialUs, settings));
    useEffect(() => playback.configure(settings), [playback, settings]);
    return playback;
}

export function usePlaybackState(playback: Playback): PlaybackState {
    return useSyncExternalStore(playback.subscribe, playback.getState);
}

/** Something that follows from the time; renders only when it changes. */
export function useOfTime<Value extends string | number | null>(playback: Playback, of: () => Value): Value {
    return useSyncExternalStore(playback.subscribeTime, of);
}

/** The time of the shown frame: each one while paused, every `ms` while playing. */
export function useShownTime(playback: Playback, ms: number): number {
    const [subscribe] = useState(() => (listener: () => void) => {
        let timer: ReturnType<typeof setTimeout> | undefined;
        const later = () => {
            timer = undefined;
            listener();
        };
        const end = playback.subscribeTime(() => {
            if (!playback.getState().playing) listener();
            else timer ??= setTimeout(later, ms);
        });
        const endState = playback.subscribe(listener);
        return () => {
            end();
            endState();
            clearTimeout(timer);
        };
    });
    return useSyncExternalStore(subscribe, playback.currentUs);
}
