import { useShortcut } from '@/lib/keys.tsx';
import { US_PER_S } from '@/lib/time.ts';
import type { LayerOptions } from '../model/layer.ts';
import type { Playback } from '../model/playback.ts';

interface Actions {
    playback: Playback;
    durationUs: number;
    options: LayerOptions;
    onOptions: (options: LayerOptions) => void;
    chooseBeside: (direction: 1 | -1) => void;
    deselect: () => void;
    zoom: (factor: number) => void;
    toggleFullscreen: () => void;
}

const PLAYER = { group: 'Player' };
const BOXES = { group: 'Boxes' };
export const ZOOM_STEP = 2;

export function usePlayerShortcuts(actions: Actions) {
    const { playback, durationUs, options, onOptions } = actions;
    const by = (seconds: number) => playback.seekTo(playback.headUs() + seconds * US_PER_S);
    useShortcut('Space', 'Play or pause', () => playback.togglePlay(), PLAYER);
    useShortcut('k', 'Play or pause', () => playback.togglePlay(), PLAYER);
    useShortcut('ArrowLeft', 'Previous sampled frame', () => playback.stepSample(-1), PLAYER);
    useShortcut('ArrowRight', 'Next sampled frame', () => playback.stepSample(1), PLAYER);
    useShortcut(',', 'Previous frame of the video', () => void playback.stepFrame(-1), PLAYER);
    useShortcut('.', 'Next frame of the video', () => void playback.stepFrame(1), PLAYER);
    useShortcut('Shift+ArrowLeft', 'Back one second', () => by(-1), PLAYER);
    useShortcut('Shift+ArrowRight', 'Ahead one second', () => by(1), PLAYER);
    useShortcut('j', 'Back ten seconds', () => by(-10), PLAYER);
    useShortcut('l', 'Ahead ten seconds', () => by(10), PLAYER);
    useShortcut('<', 'Slower', () => playback.changeRate(-1), PLAYER);
    useShortcut('>', 'Faster', () => playback.changeRate(1), PLAYER);
    useShortcut('Home', 'To the beginning', () => playback.seekTo(0), PLAYER);
    useShortcut('End', 'To the end', () => playback.seekTo(durationUs), PLAYER);
    useShortcut('m', 'Sound on or off', () => playback.toggleMuted(), PLAYER);
    useShortcut('f', 'Full screen', actions.toggleFullscreen, PLAYER);
    useShortcut('-', 'Timeline: show more', () => actions.zoom(ZOOM_STEP), PLAYER);
    useShortcut('+', 'Timeline: show less', () => actions.zoom(1 / ZOOM_STEP), PLAYER);
    useShortcut('[', 'Select the previous box', () => actions.chooseBeside(-1), BOXES);
    useShortcut(']', 'Select the next box', () => actions.chooseBeside(1), BOXES);
    useShortcut('Escape', 'Deselect', actions.deselect, BOXES);
    useShortcut('b', 'Show or hide boxes', () => onOptions({ ...options, shown: !options.shown }), BOXES);
    useShortcut(
        'o',
        'Only labelled objects',
        () => onOptions({ ...options, onlyLabelled: !options.onlyLabelled }),
        BOXES,
    );
}
