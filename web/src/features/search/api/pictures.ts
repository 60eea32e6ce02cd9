// Pictures to search by. An address can only name one: its content stays in this browser, in IndexedDB, so that going back,
// a reload and another tab find it again. Where that does not work (a private window, a full disk) it lasts as long as the
// page.
import { formatBytes } from '@/lib/format.ts';
import { pictureId, smallerSize, tooMany } from '../model/picture.ts';

export interface KeptPicture {
    id: string;
    name: string;
    content: Blob;
    at: number;
}

const DATABASE = 'framehound-pictures';
const STORE = 'pictures';
const MOST = { pictures: 20, bytes: 64_000_000 };
const JPEG_QUALITY = 0.92;

const inMemory = new Map<string, KeptPicture>();

function done<Result>(request: IDBRequest<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error('The browser’s database failed.'));
    });
}

let opened: Promise<IDBDatabase> | undefined;

function database(): Promise<IDBDatabase> {
    opened ??= new Promise((resolve, reject) => {
        const request = indexedDB.open(DATABASE, 1);
        request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id' });
        done(request).then(resolve, reject);
    });
    return opened;
}

async function store(picture: KeptPicture): Promise<void> {
    const pictures = (await database()).transaction(STORE, 'readwrite').objectStore(STORE);
    await done(pictures.put(picture));
    const all = (await done(pictures.getAll())) as KeptPicture[];
    const kept = all.map(({ id, at, content }) => ({ id, at, bytes: content.size }));
    await Promise.all(tooMany(kept, MOST).map(id => done(pictures.delete(id))));
}

/** A smaller copy of what is larger than any search needs; what the browser cannot read stays as it is. */
async function madeSmaller(file: File): Promise<Blob> {
    let bitmap: ImageBitmap;
    try {
        bitmap = await createImageBitmap(file);
    } catch {
        return file;
    }
    const size = smallerSize(bitmap.width, bitmap.height, file.size);
    try {
        const context = size === null ? null : document.createElement('canvas').getContext('2d');
        if (size === null || context === null) return file;
        Object.assign(context.canvas, size);
        // What is transparent has no colour of its own.
        context.fillStyle = '#fff';
        context.fillRect(0, 0, size.width, size.height);
        context.imageSmoothingQuality = 'high';
        context.drawImage(bitmap, 0, 0, size.width, size.height);
        const smaller = await new Promise<Blob | null>(resolve =>
            context.canvas.toBlob(resolve, 'image/jpeg', JPEG_QUALITY),
        );
        return smaller !== null && smaller.size < file.size ? smaller : file;
    } finally {
        bitmap.close();
    }
}

/** Keeps a picture and gives it its id; throws a sentence where it is larger than the server takes. */
export async function keepPicture(file: File, bytesMost: number): Promise<KeptPicture> {
    const content = await madeSmaller(file);
    if (content.size > bytesMost)
        throw new Error(
            `The picture ${file.name} has ${formatBytes(content.size)}, and this server takes up to ` +
                `${formatBytes(bytesMost)}. Make it smaller.`,
        );
    const id = pictureId(new Uint8Array(await content.arrayBuffer()));
    const picture = { id, name: file.name, content, at: Date.now() };
    inMemory.set(id, picture);
    await store(picture).catch(() => undefined);
    return picture;
}

/** null: this browser does not have it. */
export async function keptPicture(id: string): Promise<KeptPicture | null> {
    const held = inMemory.get(id);
    if (held !== undefined) return held;
    try {
        const pictures = (await database()).transaction(STORE, 'readonly').objectStore(STORE);
        const found = (await done(pictures.get(id))) as KeptPicture | undefined;
        if (found !== undefined) inMemory.set(id, found);
        return found ?? null;
    } catch {
        return null;
    }
}

/** As the server takes it. */
export function dataUrlOf(content: Blob): Promise<string> {
    return new Promise((resolve, reject) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result as string);
        reader.onerror = () =>
            reject(new Error('The picture could not be read. Was it moved or deleted? Choose it again.'));
        reader.readAsDataURL(content);
    });
}
