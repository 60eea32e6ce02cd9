import { describe, expect, it } from 'vitest';
import {
    canSubmit,
    isAllDone,
    isBusy,
    isOver,
    nextToSend,
    refusalOf,
    uploadOf,
    uploadsReducer,
    type Upload,
    type UploadAction,
} from './upload-queue.ts';

const MOST = 1_000_000;

function after(...actions: UploadAction[]): readonly Upload[] {
    return actions.reduce<readonly Upload[]>(uploadsReducer, []);
}

const chosen = (...sizes: number[]): UploadAction => ({
    kind: 'choose',
    uploads: sizes.map((size, i) => uploadOf(i + 1, { name: `${i + 1}.mp4`, size }, MOST)),
});
const states = (uploads: readonly Upload[]) => uploads.map(upload => upload.state);

describe('the queue of uploads', () => {
    it('sends nothing before it is submitted', () => {
        const uploads = after(chosen(100, 200));
        expect(states(uploads)).toEqual(['chosen', 'chosen']);
        expect(nextToSend(uploads)).toBeUndefined();
        expect(isBusy(uploads)).toBe(false);
        expect(canSubmit(uploads)).toBe(true);
    });

    it('sends one file after the other', () => {
        let uploads = after(chosen(100, 200), { kind: 'submit' });
        expect(nextToSend(uploads)?.id).toBe(1);
        uploads = uploadsReducer(uploads, { kind: 'start', id: 1, atMs: 0 });
        expect(nextToSend(uploads)).toBeUndefined();
        uploads = uploadsReducer(uploads, { kind: 'sent', id: 1 });
        expect(nextToSend(uploads)).toBeUndefined();
        uploads = uploadsReducer(uploads, { kind: 'accept', id: 1, video: 'v1', wasThere: false });
        expect(nextToSend(uploads)?.id).toBe(2);
        expect(isAllDone(uploads)).toBe(false);
        uploads = uploadsReducer(uploads, { kind: 'accept', id: 2, video: 'v2', wasThere: true });
        expect(isAllDone(uploads)).toBe(true);
        expect(isBusy(uploads)).toBe(false);
    });

    it('goes on with the others after one has failed, which can be tried again', () => {
        let uploads = after(
            chosen(100, 200),
            { kind: 'submit' },
            { kind: 'start', id: 1, atMs: 0 },
            { kind: 'progress', id: 1, sentBytes: 50, atMs: 10 },
            { kind: 'fail', id: 1, error: 'The connection was lost.', final: false },
        );
        expect(uploads[0]).toMatchObject({ state: 'failed', error: 'The connection was lost.' });
        expect(nextToSend(uploads)?.id).toBe(2);
        uploads = uploadsReducer(uploads, { kind: 'retry', id: 1 });
        expect(uploads[0]).toMatchObject({ state: 'waiting', sentBytes: 0, error: undefined });
    });

    it('never sends what is too large or empty', () => {
        const uploads = after(chosen(MOST + 1, 0, MOST), { kind: 'submit' });
        expect(states(uploads)).toEqual(['refused', 'refused', 'waiting']);
        expect(nextToSend(uploads)?.id).toBe(3);
        expect(isAllDone(uploads)).toBe(false);
        expect(states(uploadsReducer(uploads, { kind: 'retry', id: 1 }))[0]).toBe('refused');
    });

    it('is over when all that can be sent is sent', () => {
        let uploads = after(chosen(MOST + 1, 100), { kind: 'submit' }, { kind: 'start', id: 2, atMs: 0 });
        expect(isOver(uploads)).toBe(false);
        uploads = uploadsReducer(uploads, { kind: 'accept', id: 2, video: 'v2', wasThere: false });
        expect(isOver(uploads)).toBe(true);
        expect(isAllDone(uploads)).toBe(false);
        expect(isOver(after(chosen(MOST + 1)))).toBe(false);
    });

    it('says what is too large, and what to do', () => {
        expect(refusalOf({ name: 'a', size: 2_100_000_000 }, 1_000_000_000)).toMatch(
            /^This file has 2.1 GB; .* 1.0 GB\. .*address/,
        );
        expect(refusalOf({ name: 'a', size: 0 }, MOST)).toMatch(/empty/);
        expect(refusalOf({ name: 'a', size: MOST }, MOST)).toBeUndefined();
    });

    it('takes a file once, and one that comes while it works at once', () => {
        const uploads = after(chosen(100), { kind: 'submit' }, chosen(100, 200));
        expect(states(uploads)).toEqual(['waiting', 'waiting']);
    });

    it('forgets a file that is taken out, and what comes late about it', () => {
        const uploads = after(
            chosen(100, 200),
            { kind: 'submit' },
            { kind: 'start', id: 1, atMs: 0 },
            { kind: 'remove', id: 1 },
            { kind: 'progress', id: 1, sentBytes: 60, atMs: 5 },
        );
        expect(uploads.map(upload => upload.id)).toEqual([2]);
        expect(nextToSend(uploads)?.id).toBe(2);
    });

    it('waits for the form when the server finds something wrong with it', () => {
        const uploads = after(
            chosen(100, 200),
            { kind: 'submit' },
            { kind: 'start', id: 1, atMs: 0 },
            { kind: 'hold' },
        );
        expect(states(uploads)).toEqual(['chosen', 'chosen']);
        expect(nextToSend(uploads)).toBeUndefined();
    });

    it('counts no more than the file has', () => {
        const uploads = after(
            chosen(100),
            { kind: 'submit' },
            { kind: 'start', id: 1, atMs: 0 },
            {
                kind: 'progress',
                id: 1,
                sentBytes: 130,
                atMs: 10,
            },
        );
        expect(uploads[0]?.sentBytes).toBe(100);
    });
});
