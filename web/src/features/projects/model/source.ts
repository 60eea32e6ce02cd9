// What may stand in the source's field: an address, or a path on the server's machine where that is allowed.

/** `unfinished`: not wrong so far, but not enough either; to be said only once the person has left the field. */
export interface Finding {
    message: string;
    unfinished?: boolean;
    /** What they probably mean. */
    instead?: string;
}

const SOURCE_BYTES_MOST = 4095;
const UNFINISHED_SCHEME = /^(h|ht|htt|http|https|https?:|https?:\/)$/i;
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
const HOST_AND_PATH = /^(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?(?:[/?]\S*)?$/i;
// How the names of files end that browsers need not know for videos.
const ENDINGS =
    'mp4 m4v mov qt mkv webm avi ts mts m2ts mpg mpeg m2v vob wmv asf flv swf ogv 3gp 3g2 mxf dv y4m h264 264 hevc 265 obu gif';
const VIDEO_FILE = new RegExp(`\\.(${ENDINGS.replaceAll(' ', '|')})$`, 'i');
/** What the browser's dialog offers first. */
export const VIDEO_FILES_ACCEPTED = ['video/*', ...ENDINGS.split(' ').map(ending => `.${ending}`)].join();

export function isHttpUrl(text: string): boolean {
    return /^https?:\/\//i.test(text);
}

function urlProblem(text: string): Finding | undefined {
    const rest = text.slice(text.indexOf('://') + 3);
    if (rest === '') return { message: 'Go on with the rest of the address.', unfinished: true };
    if (/\s/.test(text)) {
        return { message: 'An address has no spaces in it.', instead: text.replace(/\s/g, '%20') };
    }
    if (/^[^/?#]*@/.test(rest)) {
        return { message: 'Leave the user name and password out: sources are stored and shown.' };
    }
    if (!URL.canParse(text)) return { message: 'This is no address: check its host and port.' };
    return undefined;
}

function pathProblem(text: string, local: boolean): Finding | undefined {
    if (!local) {
        return {
            message:
                'This server does not read files of its own machine for this browser. Choose the file to upload it.',
        };
    }
    const path = text.replace(/^file:(\/\/(localhost)?)?/i, '');
    if (path === '' || path.endsWith('/'))
        return { message: 'Go on with the name of the video file.', unfinished: true };
    if (!path.startsWith('/')) return { message: 'Write file:///, then the whole path.' };
    return undefined;
}

/** What is wrong with a source; undefined for what the server may be asked. `local`: whether it takes paths. */
export function sourceProblem(given: string, local: boolean): Finding | undefined {
    const text = given.trim();
    if (text === '') return { message: 'Enter an address, or choose a file.', unfinished: true };
    if (new TextEncoder().encode(text).length > SOURCE_BYTES_MOST) {
        return { message: `This is too long: an address may have ${SOURCE_BYTES_MOST} bytes.` };
    }
    if (isHttpUrl(text)) return urlProblem(text);
    if (text.startsWith('/') || /^file:/i.test(text)) return pathProblem(text, local);
    const scheme = SCHEME.exec(text)?.[1];
    if (scheme !== undefined) {
        return { message: `Addresses that begin with ${scheme}:// are not supported: use http:// or https://.` };
    }
    if (UNFINISHED_SCHEME.test(text)) return { message: 'Go on with the rest of the address.', unfinished: true };
    if (text.startsWith('~')) return { message: 'Write the whole path, beginning with a slash.' };
    if (HOST_AND_PATH.test(text) && !VIDEO_FILE.test(text.replace(/\/.*/s, ''))) {
        return { message: 'An address begins with https:// or http://.', unfinished: true, instead: `https://${text}` };
    }
    return {
        message: local
            ? 'Write an address that begins with https://, or a path that begins with a slash.'
            : 'Write an address that begins with https:// or http://.',
        unfinished: true,
    };
}

/** The source as a person recognises it: without query for long addresses, and no digests of files and uploads. */
export function shownSource(source: string): string {
    if (source.startsWith('sha256:')) return 'Uploaded file';
    const plain = source.replace(/#sha256=[0-9a-f]{64}$/, '');
    if (!plain.startsWith('file://')) return plain;
    try {
        return decodeURIComponent(plain.slice('file://'.length));
    } catch {
        return plain;
    }
}

/**
 * What to put on the clipboard: something that can be submitted again; undefined for uploads, which have no address, and
 * for addresses in which the server hides a secret.
 */
export function copiedSource(source: string): string | undefined {
    return source.startsWith('sha256:') || source.includes('=…') ? undefined : shownSource(source);
}
