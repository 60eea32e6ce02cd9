import { describe, expect, it } from 'vitest';
import { copiedSource, shownSource, sourceProblem } from './source.ts';

describe('a source', () => {
    it.each([
        'https://example.org/clip.mp4',
        'http://10.0.0.3:8000/a%20b.webm?x=1#t=3',
        'https://www.youtube.com/watch?v=abc',
        '  https://example.org/clip.mp4  ',
        'HTTPS://EXAMPLE.ORG/A.MP4',
    ])('may be the address %s', text => {
        expect(sourceProblem(text, false)).toBeUndefined();
    });

    it.each(['/data/clip.mp4', 'file:///data/clip.mp4', 'file://localhost/data/clip.mp4', 'file:/data/clip.mp4'])(
        'may be the path %s on the server’s own machine only',
        text => {
            expect(sourceProblem(text, true)).toBeUndefined();
            expect(sourceProblem(text, false)?.message).toMatch(/Choose the file to upload it/);
        },
    );

    it.each(['', 'h', 'http', 'https:', 'https:/', 'https://', '/', '/data/', 'file:', 'file:///'])(
        'is not called wrong while "%s" is being typed',
        text => {
            expect(sourceProblem(text, true)).toMatchObject({ unfinished: true });
        },
    );

    it('is refused with a reason', () => {
        const of = (text: string) => sourceProblem(text, true);
        expect(of('ftp://example.org/a.mp4')?.message).toMatch(/begin with ftp:\/\/ are not supported/);
        expect(of('https://anna:secret@example.org/a')?.message).toMatch(/password/);
        expect(of('https://example.org:99999/a')?.message).toMatch(/host and port/);
        expect(of('~/clip.mp4')?.message).toMatch(/whole path/);
        expect(of(`https://example.org/${'ä'.repeat(2100)}`)?.message).toMatch(/too long/);
        expect(of('file:clip.mp4')?.message).toMatch(/file:\/\/\//);
    });

    it('comes with what is probably meant', () => {
        expect(sourceProblem('youtube.com/watch?v=abc', true)?.instead).toBe('https://youtube.com/watch?v=abc');
        expect(sourceProblem('https://example.org/a b.mp4', true)?.instead).toBe('https://example.org/a%20b.mp4');
        expect(sourceProblem('clip.mp4', true)?.instead).toBeUndefined();
        expect(sourceProblem('match.mxf', true)?.instead).toBeUndefined();
        expect(sourceProblem('clip.mp4', false)?.message).toMatch(/https:\/\//);
    });
});

describe('a stored source', () => {
    const digest = '0123456789abcdef'.repeat(4);

    it('is shown and copied without its digest', () => {
        expect(shownSource(`file:///data/a%20b.mp4#sha256=${digest}`)).toBe('/data/a b.mp4');
        expect(copiedSource(`file:///data/a%20b.mp4#sha256=${digest}`)).toBe('/data/a b.mp4');
        expect(shownSource('https://example.org/a.mp4')).toBe('https://example.org/a.mp4');
        expect(shownSource('file:///data/100%.mp4')).toBe('file:///data/100%.mp4');
    });

    it('with a hidden secret is shown, and nothing to submit again', () => {
        const signed = 'https://example.org/a.mp4?X-Amz-Signature=…&v=1';
        expect(shownSource(signed)).toBe(signed);
        expect(copiedSource(signed)).toBeUndefined();
    });

    it('of an upload has no address', () => {
        expect(shownSource(`sha256:${digest}`)).toBe('Uploaded file');
        expect(copiedSource(`sha256:${digest}`)).toBeUndefined();
    });
});
