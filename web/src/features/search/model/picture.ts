// An uploaded picture: what it is known by, and how large it has to be.

/** Larger pictures are made smaller before they are sent: what is looked at is far smaller still. */
export const SIDE_MOST = 1600;
export const BYTES_AS_IS = 2_000_000;

/** An id by the content, so that the same picture has the same address: two FNV-1a of 32 bits, and the length. */
export function pictureId(bytes: Uint8Array): string {
    let low = 0x811c9dc5;
    let high = 0xcbf29ce4;
    for (const byte of bytes) {
        low = Math.imul(low ^ byte, 0x01000193);
        high = Math.imul(high ^ byte, 0x01000193) ^ (low >>> 15);
    }
    const hex = (value: number) => (value >>> 0).toString(16).padStart(8, '0');
    return `${hex(high)}${hex(low)}${bytes.length.toString(36)}`;
}

/** The size it is made smaller to; null where it can stay as it is. */
export function smallerSize(width: number, height: number, bytes: number): { width: number; height: number } | null {
    const side = Math.max(width, height);
    if (side <= SIDE_MOST && bytes <= BYTES_AS_IS) return null;
    const scale = Math.min(1, SIDE_MOST / side);
    return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Which of the kept pictures have to go: the oldest, beyond so many and so many bytes. The newest always stays. */
export function tooMany(
    kept: readonly { id: string; at: number; bytes: number }[],
    most: { pictures: number; bytes: number },
): string[] {
    let bytes = 0;
    return kept
        .toSorted((a, b) => b.at - a.at)
        .filter((picture, index) => {
            bytes += picture.bytes;
            return index > 0 && (index >= most.pictures || bytes > most.bytes);
        })
        .map(({ id }) => id);
}

/** The file to search by, of several that were dropped or pasted: the first picture, or the first of whatever they are. */
export function chosenFile(files: readonly File[]): File | undefined {
    return files.find(({ type }) => type.startsWith('image/')) ?? files[0];
}
