import { expect, it } from 'vitest';
import { qualityText, settledText } from './quality.ts';

it.each([
    [0.97, 12, 'About 97 % of what carries this label is probably right; about 12 objects are probably not found yet.'],
    [0.5, 1, 'About 50 % of what carries this label is probably right; about 1 object is probably not found yet.'],
    [0.994, 0, 'About 99 % of what carries this label is probably right; probably nothing is left to be found.'],
    [0.999, 0, 'Nearly all of what carries this label is probably right; probably nothing is left to be found.'],
    [1, 0, 'Nearly all of what carries this label is probably right; probably nothing is left to be found.'],
    [0.8, null, 'About 80 % of what carries this label is probably right.'],
    [null, 1200, 'About 1,200 objects are probably not found yet.'],
    [null, null, null],
])('says of precision %j and %j missing: %j', (precision, missing, text) => {
    expect(qualityText({ precision, missing })).toBe(text);
});

it('says that a label is settled only as far as something is known of it', () => {
    const good = { precision: 0.99, missing: 0 };
    const unknown = { precision: null, missing: null };
    expect(settledText(true, good, 12)).toBe('Settled, as far as 12 pictures tell');
    expect(settledText(false, good, 12)).toBeNull();
    expect(settledText(true, unknown, 1)).toBe('Too little was said to tell how good it is');
    expect(settledText(false, unknown, 1)).toBeNull();
});
