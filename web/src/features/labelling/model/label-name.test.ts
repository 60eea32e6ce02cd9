import { describe, expect, it } from 'vitest';
import { labelOf } from '../testing.ts';
import { cleanLabelName, findLabel, labelNameProblem } from './label-name.ts';

describe('the name of a label', () => {
    it('may be anything a person writes', () => {
        for (const name of ['car', 'Träger 3', '赤い車', 'a.b', '...', '🚲', '  spaces around  '])
            expect(labelNameProblem(name), name).toBeUndefined();
    });

    it('is not nothing', () => {
        expect(labelNameProblem('')).toBe('Give it a name.');
        expect(labelNameProblem('   ')).toBe('Give it a name.');
    });

    it('has at most 100 characters, counted as people count', () => {
        expect(labelNameProblem('🚲'.repeat(100))).toBeUndefined();
        expect(labelNameProblem('x'.repeat(101))).toBe('The name has 101 characters; at most 100 are allowed.');
    });

    it('has nothing in it that cannot be seen or turns the text around', () => {
        expect(labelNameProblem('a\nb')).toContain('line break');
        expect(labelNameProblem('a\u202eb')).toContain('direction');
    });

    it('is no dots that mean a folder in an address', () => {
        expect(labelNameProblem('.')).toBe('A name needs more than dots.');
        expect(labelNameProblem('..')).toBe('A name needs more than dots.');
    });

    it('is sent without the space around it, and composed', () => {
        expect(cleanLabelName('  Cafe\u0301 ')).toBe('Café');
    });
});

describe('finding a label', () => {
    const labels = ['red car', 'Car', 'old bicycle', 'scar'].map(name => labelOf(name));

    it('finds it however it is spelled', () => {
        expect(findLabel(labels, 'RED CAR ')?.name).toBe('red car');
        expect(findLabel(labels, 'ＣＡＲ')?.name).toBe('Car');
        expect(findLabel(labels, 'ca')).toBeUndefined();
    });
});
