import { useEffect, useEffectEvent, useState } from 'react';
import type { Playback } from '../model/playback.ts';
import { following, panned, stretched, whole, zoomed, type Viewport } from '../model/viewport.ts';

export interface ViewportControl {
    viewport: Viewport;
    /** Shows `factor` times as much; around the playhead, or around a given moment. */
    zoom: (factor: number, aroundUs?: number) => void;
    pan: (byUs: number) => void;
}

/** The part of the video in the timeline: it follows the playhead, unless one has moved away from it. */
export function useViewport(playback: Playback, durationUs: number): ViewportControl {
    const [viewport, setViewport] = useState<Viewport>(() => whole(durationUs));
    const [knownUs, setKnownUs] = useState(durationUs);
    if (knownUs !== durationUs) {
        setKnownUs(durationUs);
        setViewport(stretched(viewport, knownUs, durationUs));
    }

    const follow = useEffectEvent((lastUs: number, headUs: number) => {
        const wasSeen = lastUs >= viewport.fromUs && lastUs <= viewport.toUs;
        if (playback.getState().playing && !wasSeen) return;
        const next = following(viewport, headUs, durationUs);
        if (next !== viewport) setViewport(next);
    });
    useEffect(() => {
        let lastUs = playback.headUs();
        return playback.subscribeTime(() => {
            const headUs = playback.headUs();
            if (headUs !== lastUs) follow(lastUs, headUs);
            lastUs = headUs;
        });
    }, [playback]);

    return {
        viewport,
        zoom: (factor, aroundUs) => {
            const head = playback.headUs();
            const seen = head >= viewport.fromUs && head <= viewport.toUs;
            const at = aroundUs ?? (seen ? head : (viewport.fromUs + viewport.toUs) / 2);
            setViewport(zoomed(viewport, factor, at, durationUs));
        },
        pan: byUs => setViewport(panned(viewport, byUs, durationUs)),
    };
}
