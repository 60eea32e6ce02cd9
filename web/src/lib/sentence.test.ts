import { expect, it } from 'vitest';
import { asSentence } from './sentence.ts';

it('errors are sentences', () => {
    expect(asSentence('this is no video')).toBe('This is no video.');
    expect(asSentence('http://127.0.0.1:9/a.mp4: cannot connect')).toBe('http://127.0.0.1:9/a.mp4: cannot connect.');
    expect(asSentence('cancelled')).toBe('Cancelled.');
    expect(asSentence('clip.mp4 is empty.')).toBe('clip.mp4 is empty.');
});
