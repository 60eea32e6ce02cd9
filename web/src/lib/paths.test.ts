import { expect, it } from 'vitest';
import { paths } from './paths.ts';

it('writes what is given, and nothing else, into the address', () => {
    expect(paths.video('street', 'ab12', { t: 0, sel: 'ab12-00000001-000', panel: undefined })).toBe(
        '/p/street/v/ab12?t=0&sel=ab12-00000001-000',
    );
    expect(paths.activity()).toBe('/activity');
    expect(paths.activity('street', 'ab12')).toBe('/p/street/activity?video=ab12');
});

it('encodes what a person may have typed', () => {
    expect(paths.search('street', { label: 'a & b' })).toBe('/p/street/search?label=a+%26+b');
    expect(paths.project('a/b')).toBe('/p/a%2Fb');
});
