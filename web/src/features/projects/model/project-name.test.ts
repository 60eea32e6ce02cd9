import { describe, expect, it } from 'vitest';
import { correctedName, isProjectName, projectNameProblem, slugOf } from './project-name.ts';

describe('names of projects', () => {
    it.each(['a', '0', 'street', 'street-2', 'a-', 'a--b', 'x'.repeat(63)])('takes %s', name => {
        expect(isProjectName(name)).toBe(true);
        expect(projectNameProblem(name)).toBeUndefined();
    });

    it.each([
        ['', 'Give the project a name.'],
        ['Street', 'Use lower-case letters.'],
        ['my street', 'Use hyphens in place of spaces.'],
        ['-street', 'The first character must be a letter or a digit.'],
        ['straße', 'Use only the letters a to z, digits and hyphens.'],
        ['a/b', 'Use only the letters a to z, digits and hyphens.'],
        ['x'.repeat(64), 'Use at most 63 characters: these are 64.'],
    ])('refuses "%s" and says why', (name, sentence) => {
        expect(isProjectName(name)).toBe(false);
        expect(projectNameProblem(name)).toBe(sentence);
    });
});

describe('the name that is offered instead', () => {
    it.each([
        ['My Street', 'my-street'],
        ['  Kamera 1 / Tür  ', 'kamera-1-tur'],
        ['Straße', 'strasse'],
        ["Anna's clips", 'annas-clips'],
        ['--a__b--', 'a-b'],
        ['ﬁlm №3', 'film-no3'],
        ['Øresund', 'oresund'],
    ])('"%s" becomes %s', (text, slug) => {
        expect(slugOf(text)).toBe(slug);
        expect(isProjectName(slug)).toBe(true);
    });

    it('is never too long, nor ends in a hyphen for having been cut', () => {
        const slug = slugOf(`${'x'.repeat(62)} yyy`);
        expect(slug).toBe('x'.repeat(62));
    });

    it('is none where nothing is left', () => {
        expect(slugOf('…')).toBeUndefined();
        expect(slugOf('дорога')).toBeUndefined();
    });

    it('is none where the name is good', () => {
        expect(correctedName('a-')).toBeUndefined();
        expect(correctedName('A-')).toBe('a');
    });
});
