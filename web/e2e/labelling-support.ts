// What the tests of labelling do in a page, in the words of the person who does it.
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Server } from './support.ts';

export interface Seen {
    id: string;
    class: string;
    score: number;
    pts_us: number;
    index: number;
    track: string | null;
    label: { name: string; kind: 'explicit' | 'probable'; score: number } | null;
}

interface FrameList {
    frames: { index: number; pts_us: number; objects: Omit<Seen, 'pts_us' | 'index'>[] }[];
}

/** Every object of a video, in the order of its frames. */
export async function objectsOf(server: Server, video: string): Promise<Seen[]> {
    const { frames } = await server.get<FrameList>(`/videos/${video}/frames?limit=1000`);
    return frames.flatMap(({ index, pts_us, objects }) => objects.map(object => ({ ...object, pts_us, index })));
}

export type Track = [Seen, ...Seen[]];

/** The objects of each track, in the order of their frames. */
export async function tracksOf(server: Server, video: string): Promise<Map<string, Track>> {
    const found = new Map<string, Seen[]>();
    for (const object of await objectsOf(server, video))
        if (object.track !== null) found.set(object.track, [...(found.get(object.track) ?? []), object]);
    return found as Map<string, Track>;
}

/** The track that an object belongs to by now. */
export async function trackOfNow(server: Server, video: string, { id }: Seen): Promise<string | null> {
    return (await objectsOf(server, video)).find(object => object.id === id)?.track ?? null;
}

/** What people call a track by. */
export const numberOf = (track: string | null) => track?.split('-t')[1] ?? '';

// The last three seconds of the street scene show one bicycle that leans against a wall, and nobody else.
const PARKED_FROM_US = 8_300_000;

/** The bicycle that leans against the wall, picture by picture. */
export async function parkedBicycle(server: Server, video: string): Promise<Seen[]> {
    const seen = await objectsOf(server, video);
    const bicycle = seen.filter(({ class: name, pts_us }) => name === 'bicycle' && pts_us > PARKED_FROM_US);
    expect(bicycle.length, 'pictures of the parked bicycle').toBeGreaterThanOrEqual(5);
    return bicycle;
}

interface Layer {
    ptsUs: number;
    boxes: { id: string; state: string; rect: { x: number; y: number; width: number; height: number } }[];
}

const canvas = (page: Page) => page.getByTestId('object-layer');

export function layerOf(page: Page): Promise<Layer> {
    return canvas(page).evaluate(element => (element as unknown as { layer: Layer }).layer);
}

/** The address of the labelling view of a video. */
export function labelUrl(
    server: Server,
    project: string,
    video: string,
    query: Record<string, string | number> = {},
): string {
    const params = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
    return `${server.url}/p/${project}/v/${video}${params.size === 0 ? '' : `?${params}`}`;
}

/** Waits until the picture shows this box, and gives the state it is drawn in. */
export async function boxState(page: Page, object: string): Promise<string> {
    let state: string | undefined;
    await expect
        .poll(
            async () => {
                state = (await layerOf(page)).boxes.find(({ id }) => id === object)?.state;
                return state;
            },
            { message: `the box of ${object}` },
        )
        .toBeDefined();
    return state ?? '';
}

export async function expectBox(page: Page, object: string, state: string): Promise<void> {
    await expect
        .poll(async () => (await layerOf(page)).boxes.find(({ id }) => id === object)?.state, {
            message: `how the box of ${object} is drawn`,
        })
        .toBe(state);
}

/** The middle of a box in the window, as it is drawn. */
export async function placeOfBox(page: Page, object: string): Promise<{ x: number; y: number }> {
    await boxState(page, object);
    const { boxes } = await layerOf(page);
    const rect = boxes.find(({ id }) => id === object)?.rect;
    const place = await canvas(page).boundingBox();
    if (rect === undefined || place === null) throw new Error(`${object} is not in the picture`);
    return { x: place.x + rect.x + rect.width / 2, y: place.y + rect.y + rect.height / 2 };
}

/** Clicks into the middle of a box. */
export async function clickBox(page: Page, object: string): Promise<void> {
    const { x, y } = await placeOfBox(page, object);
    await page.mouse.click(x, y);
}

/** Clicks on the timeline, then goes sampled frame by sampled frame until the box is there. */
export async function seekTo(page: Page, { id, pts_us }: Seen, durationUs: number): Promise<void> {
    const timeline = page.getByRole('slider', { name: 'Position in the video' });
    const place = await timeline.boundingBox();
    if (place === null) throw new Error('there is no timeline');
    await page.mouse.click(place.x + (place.width * pts_us) / durationUs, place.y + place.height / 2);
    // What is on its way there is not the place.
    await expect.poll(async () => Math.abs((await layerOf(page)).ptsUs - pts_us)).toBeLessThan(500_000);
    for (let step = 0; step < 6; step++) {
        const { ptsUs, boxes } = await layerOf(page);
        if (boxes.some(box => box.id === id)) return;
        await page.keyboard.press(ptsUs < pts_us ? 'ArrowRight' : 'ArrowLeft');
        await expect.poll(async () => (await layerOf(page)).ptsUs).not.toBe(ptsUs);
    }
    throw new Error(`${id} was not reached`);
}

export async function middle(target: Locator): Promise<{ x: number; y: number }> {
    await target.scrollIntoViewIfNeeded();
    const box = await target.boundingBox();
    if (box === null) throw new Error('it is not on the screen');
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

type Point = { x: number; y: number };

/** So long after a drag its listeners stay on the document, and take clicks and the selection away (dnd-kit's detach()). */
const DRAG_LINGERS_MS = 50;

/** A timer that is set later for as long runs after that of the drag. */
function dragIsOver(page: Page): Promise<void> {
    return page.evaluate(ms => new Promise<void>(over => setTimeout(over, ms)), DRAG_LINGERS_MS);
}

/** Takes something with the mouse, and drops it elsewhere. */
export async function drag(page: Page, from: Point, to: Point, before?: () => Promise<void>): Promise<void> {
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(from.x + 8, from.y + 8, { steps: 3 });
    await page.mouse.move(to.x, to.y, { steps: 10 });
    await before?.();
    await page.mouse.up();
    await dragIsOver(page);
}

/** Takes a picture with the mouse, and drops it into a column. */
export async function dragInto(page: Page, picture: Locator, column: Locator): Promise<void> {
    await drag(page, await middle(picture), await middle(column));
}

/** The same with a finger: held until it is picked up, because a swipe would scroll. */
export async function touchDragInto(page: Page, picture: Locator, column: Locator): Promise<void> {
    const from = await middle(picture);
    const target = await column.boundingBox();
    if (target === null) throw new Error('the column is not on the screen');
    const to = { x: target.x + target.width / 2, y: target.y + target.height / 2 };
    const session = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', points: { x: number; y: number }[]) =>
        session.send('Input.dispatchTouchEvent', { type, touchPoints: points });
    await touch('touchStart', [from]);
    await expect.poll(() => page.locator('[id^=DndLiveRegion]').innerText()).toContain('Picked up');
    for (let part = 1; part <= 8; part++) {
        const at = { x: from.x + ((to.x - from.x) * part) / 8, y: from.y + ((to.y - from.y) * part) / 8 };
        await touch('touchMove', [at]);
    }
    await touch('touchEnd', []);
    await dragIsOver(page);
}

/** The parts of the view. */
export function partsOf(page: Page) {
    const similar = page.getByRole('group', { name: 'Similar objects' });
    const yes = page.locator('[data-column=positive]');
    const no = page.locator('[data-column=negative]');
    return {
        similar,
        yes,
        no,
        /** A picture by what is said of it to those who do not see it. */
        picturesOf: (where: Locator) => where.locator('[data-object]'),
        pictureOf: (where: Locator, object: string) => where.locator(`[data-object="${object}"]`),
        suggested: yes.getByRole('button', { name: /, suggested/ }),
        name: page.getByRole('combobox', { name: 'Name of what is in the Yes column' }),
        card: page.getByRole('region', { name: 'Selected object' }),
        steps: page.getByRole('group', { name: 'Labelling steps' }),
        /** What has just been undone or done again, in a message. */
        said: (text: string | RegExp) => page.getByRole('status').getByText(text),
        undo: page.getByRole('button', { name: /^(Undo:|Nothing to undo)/ }),
        redo: page.getByRole('button', { name: /^(Redo:|Nothing to redo)/ }),
        boxes: page.getByRole('listbox', { name: 'Objects in this picture' }),
        tab: (name: string) => page.getByRole('tab', { name }),
    };
}

/** Counts of the labels of a project, as the server has them. */
export async function labelsOf(server: Server, project: string) {
    const { labels } = await server.get<{
        labels: { name: string; explicit: number; probable: number; positives: number; negatives: number }[];
    }>(`/projects/${project}/labels`);
    return labels;
}

/** Labels as if somebody else had done it. */
export async function nameByServer(
    server: Server,
    project: string,
    label: string,
    examples: { positive?: string[]; negative?: string[] },
): Promise<void> {
    const path = `/projects/${project}/labels/${encodeURIComponent(label)}/examples`;
    await server.request('POST', path, { positive: [], negative: [], ...examples });
}

export async function forgetCorrections(server: Server, video: string): Promise<void> {
    const history = `/videos/${video}/corrections`;
    while ((await server.get<{ undo: object | null }>(`${history}?limit=1`)).undo !== null)
        await server.request('POST', `${history}/undo`);
}

export async function forgetLabels(server: Server, project: string): Promise<void> {
    for (const { name } of await labelsOf(server, project))
        await server.request('DELETE', `/projects/${project}/labels/${encodeURIComponent(name)}`);
}
