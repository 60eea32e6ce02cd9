// Lighting up: each worker's node has a layer that flashes and fades. It is animated outside React, on the compositor:
// hundreds of frames a second must cost no drawing.
import type { RefCallback } from 'react';
import type { Flash } from '../model/activity.ts';

const FADE_MS = 700;
/** A layer that is still bright needs no new flash. */
const BRIGHT_MS = 140;
const STEADY_MS = 1500;

interface Layer {
    element: HTMLElement;
    animation: Animation | undefined;
    timer: ReturnType<typeof setTimeout> | undefined;
}

const layers = new Map<string, Layer>();
const refs = new Map<string, RefCallback<HTMLElement>>();
const stillness = globalThis.matchMedia('(prefers-reduced-motion: reduce)');

/** For the layer of a worker's node; the same function each time, so that React does not attach it anew. */
export function flashRef(worker: string): RefCallback<HTMLElement> {
    const known = refs.get(worker);
    if (known !== undefined) return known;
    const ref: RefCallback<HTMLElement> = element => {
        if (element === null) return;
        layers.set(worker, { element, animation: undefined, timer: undefined });
        return () => {
            clearTimeout(layers.get(worker)?.timer);
            layers.delete(worker);
            refs.delete(worker);
        };
    };
    refs.set(worker, ref);
    return ref;
}

function hold(layer: Layer) {
    layer.element.dataset.steady = '';
    clearTimeout(layer.timer);
    layer.timer = setTimeout(() => delete layer.element.dataset.steady, STEADY_MS);
}

/** Lights up the nodes; a failure wins over what went well in the same moment. */
export function lightUp(flashes: readonly Flash[]) {
    const wanted = new Map<string, boolean>();
    for (const { worker, failed } of flashes) wanted.set(worker, failed || (wanted.get(worker) ?? false));
    for (const [worker, failed] of wanted) {
        const layer = layers.get(worker);
        if (layer === undefined) continue;
        layer.element.toggleAttribute('data-failed', failed);
        if (stillness.matches) {
            hold(layer);
            continue;
        }
        const at = layer.animation?.playState === 'running' ? Number(layer.animation.currentTime) : Infinity;
        if (at < BRIGHT_MS) continue;
        // The same animation from its beginning is cheaper than another one.
        if (layer.animation === undefined)
            layer.animation = layer.element.animate([{ opacity: 1 }, { opacity: 0 }], {
                duration: FADE_MS,
                easing: 'ease-out',
            });
        else layer.animation.currentTime = 0;
        layer.animation.play();
    }
}
