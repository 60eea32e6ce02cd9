import { expect, it } from 'vitest';
import { qualityText } from './quality.ts';

it.each([
    [0.97, 12, 'About 97 % of what carries this label is right; about 12 objects are probably not found yet.'],
    [0.5, 1, 'About 50 % of what carries this label is right; about 1 object is probably not found yet.'],
    [0.994, 0, 'About 99 % of what carries this label is right; probably nothing is left to be found.'],
    [0.999, 0, 'Nearly all of what carries this label is right; probably nothing is left to be found.'],
    [1, 0, 'Nearly all of what carries this label is right; probably nothing is left to be found.'],
    [0.8, null, 'About 80 % of what carries this label is right.'],
    [null, 1200, 'About 1,200 objects are probably not found yet.'],
    [null, null, null],
])('says of precision %j and %j missing: %j', (precision, missing, text) => {
    expect(qualityText({ precision, missing })).toBe(text);
});
