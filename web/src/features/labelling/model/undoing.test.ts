import { expect, it } from 'vitest';
import { nextRedo, nextUndo, type Histories, type Undone } from './undoing.ts';

/** Steps of two histories, done and undone as the server keeps them. */
function historiesOf(labels: Stack, tracks: Stack): Histories {
    const label = (ms: number | undefined) => (ms === undefined ? null : { id: ms, at: new Date(ms).toISOString() });
    const track = (ms: number | undefined) => (ms === undefined ? null : { id: ms, at_us: ms * 1000 + 417 });
    return {
        labels: { undo: label(labels.done.at(-1)), redo: label(labels.undone.at(-1)) },
        tracks: { undo: track(tracks.done.at(-1)), redo: track(tracks.undone.at(-1)) },
    };
}

interface Stack {
    done: number[];
    undone: number[];
}

/**
 * Two histories, and what is done to them: L and T do something, U takes back, R makes again. Gives what counts then. A page
 * that was there from the beginning knows what was undone last.
 */
function play(actions: string, wasThere: boolean): { done: string; next: string } {
    const stacks = { labels: { done: [], undone: [] } as Stack, tracks: { done: [], undone: [] } as Stack };
    const log = new Map<number, string>();
    const undone: Undone[] = [];
    const last = () => (wasThere ? (undone.at(-1) ?? null) : null);
    let now = Date.parse('2026-03-01T10:00:00Z');
    for (const action of actions) {
        now += 10;
        const histories = historiesOf(stacks.labels, stacks.tracks);
        if (action === 'L' || action === 'T') {
            const stack = action === 'L' ? stacks.labels : stacks.tracks;
            stack.done.push(now);
            stack.undone = [];
            log.set(now, `${action}${log.size + 1}`);
            continue;
        }
        const which = action === 'U' ? nextUndo(histories) : nextRedo(histories, last());
        if (which === null) continue;
        const { done, undone: open } = stacks[which];
        if (action === 'U') {
            open.push(done.pop() as number);
            undone.push({ which, id: open.at(-1) as number });
        } else {
            done.push(open.pop() as number);
            undone.pop();
        }
    }
    const done = [...stacks.labels.done, ...stacks.tracks.done].sort((a, b) => a - b).map(at => log.get(at));
    const redo = nextRedo(historiesOf(stacks.labels, stacks.tracks), last());
    return { done: done.join(' '), next: redo === null ? '' : (log.get(stacks[redo].undone.at(-1) as number) ?? '') };
}

it.each([
    ['', '', ''],
    ['U', '', ''],
    ['LT', 'L1 T2', ''],
    ['LTU', 'L1', 'T2'],
    ['TLU', 'T1', 'L2'],
    ['LTUU', '', 'L1'],
    ['LTUUR', 'L1', 'T2'],
    ['LTUURR', 'L1 T2', ''],
    ['LTLTUUUU', '', 'L1'],
    ['LTLTUUUURRR', 'L1 T2 L3', 'T4'],
    ['LLTTUUU', 'L1', 'L2'],
    ['LLTTUUURRRU', 'L1 L2 T3', 'T4'],
    // Something new in one history closes the way to what was undone in the other.
    ['LTUL', 'L1 L3', ''],
    ['TLUT', 'T1 T3', ''],
])('after %j, %j counts, and %j would be made again', (actions, done, next) => {
    expect(play(actions, true)).toEqual({ done, next });
    expect(play(actions, false)).toEqual({ done, next });
});

it('makes again what was undone last, and not what something new has closed since', () => {
    expect(play('LTULU', true)).toEqual({ done: 'L1', next: 'L3' });
    expect(play('LTULUR', true)).toEqual({ done: 'L1 L3', next: '' });
    expect(play('TLUTU', true)).toEqual({ done: 'T1', next: 'T3' });
    // The servers do not tell which of the two was undone last: in a page opened since, the one that was done first.
    expect(play('LTULU', false)).toEqual({ done: 'L1', next: 'T2' });
});

it('knows which of two steps of one second was the later', () => {
    const labels = { undo: { id: 1, at: '2026-03-01T10:00:00.121Z' }, redo: null };
    const tracks = { undo: { id: 1, at_us: Date.parse('2026-03-01T10:00:00.120Z') * 1000 + 999 }, redo: null };
    expect(nextUndo({ labels, tracks })).toBe('labels');
});
