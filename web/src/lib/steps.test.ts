import { expect, it } from 'vitest';
import { stepOf } from '@/testing/steps.ts';
import { stepText, withEditor } from './steps.ts';

it('says what was named, and what is not it', () => {
    expect(stepText(stepOf('examples', { positive: 12, negative: 3 }))).toBe(
        'named 12 objects “red car”, 3 are not it',
    );
    expect(stepText(stepOf('examples', { positive: 1, negative: 1 }))).toBe('named 1 object “red car”, 1 is not it');
    expect(stepText(stepOf('examples', { negative: 2 }))).toBe('said that 2 objects are not “red car”');
    expect(stepText(stepOf('examples', { negative: 1 }))).toBe('said that 1 object is not “red car”');
    expect(stepText(stepOf('examples', { cleared: 2 }))).toBe('took back what was said of 2 objects for “red car”');
    expect(stepText(stepOf('examples'))).toBe('changed “red car”');
});

it('says what became of a label', () => {
    expect(stepText(stepOf('rename', { other: 'bus' }))).toBe('renamed “red car” to “bus”');
    expect(stepText(stepOf('merge', { other: 'car' }))).toBe('merged “red car” into “car”');
    expect(stepText(stepOf('delete'))).toBe('removed the label “red car”');
});

it('says who it was, where that is somebody else', () => {
    expect(withEditor('named it', 'Bob', 'Ann')).toBe('named it (Bob)');
    expect(withEditor('named it', 'Bob', '')).toBe('named it (Bob)');
    expect(withEditor('named it', 'Ann', 'Ann')).toBe('named it');
    expect(withEditor('named it', null, 'Ann')).toBe('named it');
});

it('says what was confirmed', () => {
    expect(stepText(stepOf('keep', { positive: 2, negative: 1 }))).toBe(
        'confirmed what was said of 3 objects for “red car”',
    );
});

it('says what an import was about', () => {
    expect(stepText(stepOf('import', { positive: 12 }))).toBe('imported “red car” for 12 objects');
    expect(stepText(stepOf('import', { labels: 3, label: '', positive: 12, negative: 2 }))).toBe(
        'imported 3 labels for 12 objects, 2 are not it',
    );
    expect(stepText(stepOf('undo', { labels: 3, label: '' }))).toBe('took back a step of 3 labels');
});
