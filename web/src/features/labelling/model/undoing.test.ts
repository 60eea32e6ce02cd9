import { expect, it } from 'vitest';
import { nextRedo, nextUndo, type Histories } from './undoing.ts';

interface Step {
    ms: number;
    undoneMs: number | null;
}

interface Stack {
    done: Step[];
    undone: Step[];
}

/** Steps of two histories, done and undone as the server keeps them. */
function historiesOf(labels: Stack, tracks: Stack): Histories {
    const timeOf = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
    const facts = ({ ms, undoneMs }: Step) => ({ id: ms, undone_at: timeOf(undoneMs) });
    const label = (step?: Step) => (step === undefined ? null : { ...facts(step), at: timeOf(step.ms) ?? '' });
    const track = (step?: Step) => (step === undefined ? null : { ...facts(step), at_us: step.ms * 1000 + 417 });
    return {
        labels: { undo: label(labels.done.at(-1)), redo: label(labels.undone.at(-1)) },
        tracks: { undo: track(tracks.done.at(-1)), redo: track(tracks.undone.at(-1)) },
    };
}

/** Two histories, and what is done to them: L and T do something, U takes back, R makes again. Gives what counts then. */
function play(actions: string): { done: string; next: string } {
    const stacks = { labels: { done: [], undone: [] } as Stack, tracks: { done: [], undone: [] } as Stack };
    const log = new Map<Step, string>();
    let now = Date.parse('2026-03-01T10:00:00Z');
    for (const action of actions) {
        now += 10;
        const histories = historiesOf(stacks.labels, stacks.tracks);
        if (action === 'L' || action === 'T') {
            const stack = action === 'L' ? stacks.labels : stacks.tracks;
            const step = { ms: now, undoneMs: null };
            stack.done.push(step);
            stack.undone = [];
            log.set(step, `${action}${log.size + 1}`);
            continue;
        }
        const which = action === 'U' ? nextUndo(histories) : nextRedo(histories);
        if (which === null) continue;
        const { done, undone } = stacks[which];
        const step = (action === 'U' ? done : undone).pop() as Step;
        step.undoneMs = action === 'U' ? now : null;
        (action === 'U' ? undone : done).push(step);
    }
    const done = [...stacks.labels.done, ...stacks.tracks.done].sort((a, b) => a.ms - b.ms).map(step => log.get(step));
    const redo = nextRedo(historiesOf(stacks.labels, stacks.tracks));
    return { done: done.join(' '), next: redo === null ? '' : (log.get(stacks[redo].undone.at(-1) as Step) ?? '') };
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
    expect(play(actions)).toEqual({ done, next });
});

it('makes again what was undone last, also where that was done later than what was undone before it', () => {
    expect(play('LTULU')).toEqual({ done: 'L1', next: 'L3' });
    expect(play('LTULUR')).toEqual({ done: 'L1 L3', next: '' });
    expect(play('TLUTU')).toEqual({ done: 'T1', next: 'T3' });
});

it('knows which of two steps of one second was the later', () => {
    const labels = { undo: { id: 1, at: '2026-03-01T10:00:00.121Z', undone_at: null }, redo: null };
    const tracks = {
        undo: { id: 1, at_us: Date.parse('2026-03-01T10:00:00.120Z') * 1000 + 999, undone_at: null },
        redo: null,
    };
    expect(nextUndo({ labels, tracks })).toBe('labels');
});
