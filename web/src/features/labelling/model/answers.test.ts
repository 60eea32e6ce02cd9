import { describe, expect, it } from 'vitest';
import { pictureOf } from '../testing.ts';
import {
    answered,
    NO_ANSWERS,
    statementOfAnswers,
    stillToAsk,
    takenBack,
    type Answer,
    type Answers,
} from './answers.ts';

const [a, b, c] = [pictureOf(1), pictureOf(2), pictureOf(3)];
const candidates = [a, b, c];

const give = (answers: Answers, ...all: Answer[]) =>
    all.reduce((now, answer) => answered(now, answer, candidates), answers);

it('asks one candidate after the other', () => {
    expect(stillToAsk(NO_ANSWERS, candidates)).toEqual([a, b, c]);
    expect(stillToAsk(give(NO_ANSWERS, 'yes'), candidates)).toEqual([b, c]);
    expect(stillToAsk(give(NO_ANSWERS, 'yes', 'no', 'skip'), candidates)).toEqual([]);
});

it('keeps asking what is on the screen, whatever the server would ask by now', () => {
    const answers = give(NO_ANSWERS, 'yes');
    expect(answers.asked).toBe(b);
    const other = pictureOf(9);
    expect(stillToAsk(answers, [other, c, b])).toEqual([b, other, c]);
    expect(answered(answers, 'no', [other, c]).waiting.at(-1)).toEqual({ picture: b, answer: 'no' });
});

it('sends yes and no, and nothing of what was skipped', () => {
    const { waiting } = give(NO_ANSWERS, 'yes', 'skip', 'no');
    expect(statementOfAnswers(waiting)).toEqual({ positive: [a.object], negative: [c.object] });
});

it('does not ask again what was answered or skipped', () => {
    const answers = { ...give(NO_ANSWERS, 'skip', 'yes'), asked: null };
    expect(stillToAsk(answers, candidates)).toEqual([c]);
});

it('has nothing to answer when nothing is asked', () => {
    expect(answered(NO_ANSWERS, 'yes', [])).toBe(NO_ANSWERS);
});

describe('taking back', () => {
    it('asks the last one again', () => {
        const answers = takenBack(give(NO_ANSWERS, 'yes', 'no'));
        expect(answers.waiting).toEqual([{ picture: a, answer: 'yes' }]);
        expect(stillToAsk(answers, candidates)).toEqual([b, c]);
    });

    it('does nothing when all was sent', () => {
        const sent = { ...give(NO_ANSWERS, 'yes'), waiting: [] };
        expect(takenBack(sent)).toBe(sent);
    });
});
