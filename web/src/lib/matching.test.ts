import { expect, it } from 'vitest';
import { matching } from './matching.ts';

const items = ['red car', 'Car', 'old bicycle', 'scar', 'fork-lift'].map(name => ({ name }));
const names = (typed: string) => matching(items, typed).map(({ name }) => name);

it('finds first what is called so, then what begins so, then what has a word that does, then the rest', () => {
    expect(names('car')).toEqual(['Car', 'red car', 'scar']);
    expect(names('lift')).toEqual(['fork-lift']);
    expect(names('bus')).toEqual([]);
});

it('leaves everything as it is where nothing is typed', () => {
    expect(names(' ')).toEqual(items.map(({ name }) => name));
});

it('folds what is written otherwise', () => {
    expect(names(' ＣＡＲ ')).toEqual(['Car', 'red car', 'scar']);
});
