import { expect, it } from 'vitest';
import { classText, oneOf } from './detector-class.ts';

it('says what the detector said, and that somebody refused it', () => {
    expect(classText({ class: 'car' })).toBe('car');
    expect(classText({ class: 'car', class_refused: true })).toBe('not car');
});

it.each([
    ['car', 'a car'],
    ['umbrella', 'an umbrella'],
    ['bus', 'a bus'],
    ['wine glass', 'a wine glass'],
    ['scissors', 'scissors'],
    ['skis', 'skis'],
])('says of one of the class %j: %j', (name, text) => {
    expect(oneOf(name)).toBe(text);
});
