import { describe, expect, it } from 'vitest';
import { isPlain, listed, type ListView } from './video-list.ts';
import { videoFixture } from '../testing.ts';

const ALL: ListView = { name: '', state: 'all', sort: 'newest' };
const VIDEOS = [
    videoFixture({ id: '1', name: 'Strand 10', state: 'running', source: 'https://example.org/x.mp4' }),
    videoFixture({ id: '2', name: 'strand 9', state: 'done', objects: 5, duration_us: 9 }),
    videoFixture({ id: '3', name: 'Café', state: 'failed', objects: 7, duration_us: 20 }),
];
const ids = (view: Partial<ListView>) => listed(VIDEOS, { ...ALL, ...view }).map(video => video.id);

describe('the list of videos', () => {
    it('keeps the order of the server by default', () => {
        expect(ids({})).toEqual(['1', '2', '3']);
        expect(isPlain(ALL)).toBe(true);
    });

    it('finds by the words of name and source, whatever their case and accents', () => {
        expect(ids({ name: ' STRAND ' })).toEqual(['1', '2']);
        expect(ids({ name: 'cafe' })).toEqual(['3']);
        expect(ids({ name: '9 strand' })).toEqual(['2']);
        expect(ids({ name: 'example.org' })).toEqual(['1']);
        expect(isPlain({ ...ALL, name: 'x' })).toBe(false);
    });

    it('does not find by the digests in sources, which nobody sees', () => {
        const videos = [
            videoFixture({ id: '1', name: 'a', source: `file:///a.mp4#sha256=${'3'.repeat(64)}` }),
            videoFixture({ id: '2', name: 'b', source: `sha256:${'3'.repeat(64)}` }),
        ];
        expect(listed(videos, { ...ALL, name: '3' })).toEqual([]);
    });

    it('keeps a kind of states', () => {
        expect(ids({ state: 'active' })).toEqual(['1']);
        expect(ids({ state: 'done' })).toEqual(['2']);
        expect(ids({ state: 'trouble' })).toEqual(['3']);
    });

    it('sorts, numbers as numbers', () => {
        expect(ids({ sort: 'name' })).toEqual(['3', '2', '1']);
        expect(ids({ sort: 'objects' })).toEqual(['3', '2', '1']);
        expect(ids({ sort: 'longest' })).toEqual(['1', '3', '2']);
        expect(VIDEOS.map(video => video.id)).toEqual(['1', '2', '3']);
    });
});
