import { describe, expect, it } from 'vitest';
import { apiErrorOf, fieldOf, isTransient, NetworkError, sentenceOf } from './problem.ts';

describe('apiErrorOf', () => {
    it('takes sentence, code and field from a problem document', () => {
        const error = apiErrorOf(422, {
            title: 'Unprocessable',
            detail: 'fps is too high',
            code: 'invalid',
            field: 'fps',
        });
        expect(error).toMatchObject({ status: 422, message: 'fps is too high', code: 'invalid', field: 'fps' });
    });

    it('makes a sentence where there is no problem document', () => {
        expect(apiErrorOf(502, '<html>').message).toContain('502');
        expect(apiErrorOf(500, { detail: 7 }).message).toContain('500');
    });
});

describe('isTransient', () => {
    it('tries again only what may help', () => {
        expect(isTransient(new NetworkError('gone'))).toBe(true);
        expect(isTransient(apiErrorOf(503, {}))).toBe(true);
        expect(isTransient(apiErrorOf(404, {}))).toBe(false);
        expect(isTransient(new Error('a defect'))).toBe(false);
    });
});

describe('sentenceOf', () => {
    it('writes a sentence', () => {
        expect(sentenceOf(apiErrorOf(404, { detail: 'there is no project "x"' }))).toBe('There is no project "x".');
        expect(sentenceOf(new Error('Really?'))).toBe('Really?');
        expect(sentenceOf('thrown text')).toBe('Something went wrong.');
    });
});

describe('fieldOf', () => {
    it('prefers the field that the server names', () => {
        expect(fieldOf(apiErrorOf(422, { detail: 'source and fps', field: 'fps' }), ['source', 'fps'])).toBe('fps');
    });

    it('finds a field that the sentence mentions, as a whole word', () => {
        expect(fieldOf(apiErrorOf(422, { detail: '"chunk_seconds" must be at most 3600' }), ['chunk_seconds'])).toBe(
            'chunk_seconds',
        );
        expect(fieldOf(apiErrorOf(422, { detail: 'the names differ' }), ['name'])).toBeUndefined();
        expect(fieldOf(new Error('name'), ['name'])).toBeUndefined();
    });
});
