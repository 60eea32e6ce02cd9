import { expect, it } from 'vitest';
import { paths } from '@/lib/paths.ts';
import { bodyOf, isFiltered, kindOf, questionOf, scoreOf, titleOf, viewOf, withoutFilters } from './question.ts';

const asked = (search: string) => questionOf(new URLSearchParams(search));

it('reads what is in the address, and takes nonsense for absent', () => {
    expect(asked('class=car&label=mine&video=ab&min=0.5')).toEqual({
        picture: null,
        object: null,
        positive: [],
        text: null,
        class: 'car',
        label: 'mine',
        video: 'ab',
        minScore: 0.5,
    });
    expect(asked('min=7').minScore).toBeNull();
    expect(asked('min=much').minScore).toBeNull();
    expect(asked('min=').minScore).toBeNull();
    expect(asked('class=%20').class).toBeNull();
});

it('takes one example: a picture before an object before several before words', () => {
    expect(asked('picture=p&object=o&positive=a&text=t')).toMatchObject({ picture: 'p', object: null, positive: [] });
    expect(asked('object=o&positive=a&text=t')).toMatchObject({ object: 'o', positive: [], text: null });
    expect(asked('positive=a,,b&text=t')).toMatchObject({ positive: ['a', 'b'], text: null });
});

it.each([
    'picture=p&class=car&min=-0.25',
    'object=o&label=a+%26+b&video=v',
    'positive=a,b',
    'text=a+red+car',
    'class=car',
    '',
])('writes %s as it was read', search => {
    const question = asked(search);
    const address = new URL(paths.search('street', viewOf(question)), 'http://localhost');
    expect(questionOf(address.searchParams)).toEqual(question);
});

it('knows what answers a question', () => {
    expect(['object=o&label=l', 'text=t', 'label=l&class=c', 'class=c', 'video=v'].map(asked).map(kindOf)).toEqual([
        'like',
        'like',
        'label',
        'class',
        'nothing',
    ]);
    expect(['object=o', 'class=c', 'label=l'].map(asked).map(scoreOf)).toEqual(['similarity', 'detector', null]);
});

it('tells filters from what is asked for', () => {
    expect(['class=c', 'label=l', 'object=o', 'label=l&min=0.5'].map(asked).some(isFiltered)).toBe(false);
    expect(
        ['class=c&video=v', 'label=l&class=c', 'object=o&label=l', 'object=o&min=0', 'class=c&min=0.5']
            .map(asked)
            .every(isFiltered),
    ).toBe(true);
    expect(viewOf(withoutFilters(asked('label=l&class=c&video=v')))).toEqual(viewOf(asked('label=l')));
    expect(viewOf(withoutFilters(asked('class=c&video=v&min=0.5')))).toEqual(viewOf(asked('class=c')));
    expect(viewOf(withoutFilters(asked('picture=p&class=c&label=l')))).toEqual(viewOf(asked('picture=p')));
});

it('asks the server for the best of each track, page by page', () => {
    const body = bodyOf('street', asked('picture=p&class=car&video=v'), { limit: 60, offset: 120 }, 'data:x');
    // As it is sent: without what is not there.
    expect(JSON.parse(JSON.stringify(body))).toEqual({
        project: 'street',
        image: 'data:x',
        filters: { classes: ['car'], videos: ['v'] },
        per_track: true,
        limit: 60,
        offset: 120,
    });
});

it('has a heading for every question', () => {
    expect(
        ['picture=p', 'positive=a', 'text=red car', 'label=l&class=c', 'class=c', ''].map(asked).map(titleOf),
    ).toEqual(['Like this picture', 'Like these objects', 'red car', 'l', 'c', 'Search']);
});
