import { expect, it } from 'vitest';
import { hitFixture, hitsFixture } from '../testing.ts';
import { columnsFor, layOut, neighbourOf, tracksToFetch, type Layout, type Section, type Tracks } from './layout.ts';
import { stackTexts, whenText } from './texts.ts';

const none = new Set<string>();
const untracked: Tracks = new Map();
const shown = ({ rows }: Layout) =>
    rows.map(row => ('title' in row ? `# ${row.title}` : row.cells.map(cell => cell.hit.object).join(', ')));
const found = (...hits: Section['hits'][number][]): Section => ({ key: 'found', hits });

it('has room for at least two beside one another', () => {
    expect(columnsFor(1000, 148, 12)).toBe(6);
    expect(columnsFor(148, 148, 12)).toBe(2);
});

it('fills rows with one cell for what is near-identical, led by the best', () => {
    const layout = layOut(
        [
            found(
                hitFixture('a', { track: 't1' }),
                hitFixture('b', { track: 't2' }),
                hitFixture('c', { track: 't1' }),
                hitFixture('d', { pts_us: 60_000_000 }),
            ),
        ],
        none,
        untracked,
        2,
    );
    expect(shown(layout)).toEqual(['a, b', 'd']);
    expect(layout.cells.map(cell => [cell.at, cell.stands, cell.stack])).toEqual([
        [0, 2, 'a'],
        [1, 1, null],
        [2, 1, null],
    ]);
    expect(layout.rowOf).toEqual([0, 0, 1]);
});

it('unfolds a stack in its place', () => {
    const hits = ['a', 'b', 'c'].map(object => hitFixture(object, { track: object === 'b' ? 't2' : 't1' }));
    const layout = layOut([found(...hits)], new Set(['a']), untracked, 3);
    expect(shown(layout)).toEqual(['a, c, b']);
    expect(layout.cells.map(cell => [cell.stands, cell.stack, cell.unfolded])).toEqual([
        [1, 'a', true],
        [1, null, true],
        [1, null, false],
    ]);
});

it('has titles over the two lists of a label, and none over an empty one', () => {
    const [a, b, c] = hitsFixture(3) as [Section['hits'][0], Section['hits'][0], Section['hits'][0]];
    const sections: Section[] = [
        { key: 'explicit', hits: [a, b] },
        { key: 'probable', hits: [c] },
    ];
    expect(shown(layOut(sections, none, untracked, 5))).toEqual([
        '# explicit',
        'object 0, object 1',
        '# probable',
        'object 2',
    ]);
    expect(shown(layOut([{ key: 'explicit', hits: [] }, sections[1]!], none, untracked, 5))).toEqual([
        '# probable',
        'object 2',
    ]);
});

it('goes from cell to cell with the arrow keys, past titles and into shorter rows', () => {
    const hits = hitsFixture(7);
    const layout = layOut(
        [
            { key: 'explicit', hits: hits.slice(0, 5) },
            { key: 'probable', hits: hits.slice(5) },
        ],
        none,
        untracked,
        3,
    );
    const go = (at: number, key: string) => neighbourOf(at, key, layout);
    expect(go(0, 'ArrowRight')).toBe(1);
    expect(go(0, 'ArrowLeft')).toBeNull();
    expect(go(6, 'ArrowRight')).toBeNull();
    expect(go(1, 'ArrowDown')).toBe(4);
    expect(go(2, 'ArrowDown')).toBe(4);
    expect(go(4, 'ArrowDown')).toBe(6);
    expect(go(5, 'ArrowUp')).toBe(3);
    expect(go(1, 'ArrowUp')).toBeNull();
    expect(go(3, 'Home')).toBe(0);
    expect(go(3, 'End')).toBe(6);
    expect(go(3, 'x')).toBeNull();
});

it('has one cell for a track, with all of its pictures on demand', () => {
    const followed = { objects: 3, first_us: 1_000_000, last_us: 3_000_000 };
    const sections = [
        found(hitFixture('b', { track: 't1', followed, pts_us: 2_000_000 }), hitFixture('x', { pts_us: 9e9 })),
    ];
    const folded = layOut(sections, none, untracked, 9);
    expect(folded.cells.map(cell => [cell.hit.object, cell.stands, cell.stack])).toEqual([
        ['b', 3, 'b'],
        ['x', 1, null],
    ]);
    expect(tracksToFetch(sections, none).size).toBe(0);
    expect([...tracksToFetch(sections, new Set(['b', 'x']))]).toEqual([['t1', 'b']]);

    const place = {
        frame: 'f',
        index: 0,
        box: [0, 0, 1, 1] as [number, number, number, number],
        class: 'car',
        score: 0.4,
    };
    const tracks: Tracks = new Map([
        ['t1', { objects: ['a', 'b', 'c'].map((id, at) => ({ ...place, id, pts_us: at * 1_000_000 })), more: false }],
    ]);
    const unfolded = layOut(sections, new Set(['b']), tracks, 9);
    expect(unfolded.cells.map(cell => [cell.hit.object, cell.stands, cell.stack, cell.ofTrack])).toEqual([
        ['b', 1, 'b', false],
        ['a', 1, null, true],
        ['c', 1, null, true],
        ['x', 1, null, false],
    ]);
    // Which label these have nobody said.
    expect(unfolded.cells.map(cell => cell.hit.label)).toEqual([null, undefined, undefined, null]);
});

it('stays folded while the pictures of a track are on their way, and where they did not come', () => {
    const followed = { objects: 3, first_us: 1_000_000, last_us: 3_000_000 };
    const sections = [found(hitFixture('b', { track: 't1', followed }))];
    const states = (tracks: Tracks) =>
        layOut(sections, new Set(['b']), tracks, 9).cells.map(cell => [cell.stands, cell.unfolded, cell.busy]);
    expect(states(new Map([['t1', null]]))).toEqual([[3, false, true]]);
    expect(states(untracked)).toEqual([[3, false, false]]);
});

it('shows what is on both sides of a no as two', () => {
    const parts = [
        { objects: 5, first_us: 0, last_us: 1_000_000 },
        { objects: 3, first_us: 8_000_000, last_us: 9_000_000 },
    ];
    const hits = ['a', 'b', 'c'].map((id, at) =>
        hitFixture(id, { track: 't1', followed: parts[at === 1 ? 1 : 0], pts_us: at === 1 ? 8_000_000 : at * 100_000 }),
    );
    const { cells } = layOut([{ key: 'explicit', hits }], none, untracked, 9);
    expect(cells.map(cell => [cell.hit.object, cell.stands, whenText(cell)])).toEqual([
        ['a', 2, '0:00–0:01'],
        ['b', 1, '0:08–0:09'],
    ]);
});

it('shows of a label what the server gave, and not the other half of a divided track', () => {
    const followed = { objects: 9, first_us: 0, last_us: 9_000_000 };
    const hits = ['a', 'b'].map((id, at) => hitFixture(id, { track: 't1', followed, pts_us: at * 1_000_000 }));
    const sections: Section[] = [{ key: 'explicit', hits }];
    const texts = layOut(sections, none, untracked, 9).cells.map(cell => [stackTexts(cell).label, whenText(cell)]);
    expect(texts).toEqual([['Show all 2 pictures of its track', '0:00–0:09']]);
    expect(tracksToFetch(sections, new Set(['a'])).size).toBe(0);
    expect(layOut(sections, new Set(['a']), untracked, 9).cells.map(cell => cell.hit.object)).toEqual(['a', 'b']);
});
