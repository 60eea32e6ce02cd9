// Answers to "is this it?": given one after the other with one key, shown as done at once, and sent a few at a time.
import type { Picture } from './picture.ts';

export type Answer = 'yes' | 'no' | 'skip';

export interface Given {
    picture: Picture;
    answer: Answer;
}

export interface Answers {
    /** In the order given, newest last; not sent yet. */
    readonly waiting: readonly Given[];
    /** Objects not to be asked about again in this session of the panel. */
    readonly done: readonly string[];
    /** What is being asked; stays on the screen whatever the server would ask by now. */
    readonly asked: Picture | null;
}

export const NO_ANSWERS: Answers = { waiting: [], done: [], asked: null };

/** The candidates still to be asked, the one on the screen first. */
export function stillToAsk(answers: Answers, candidates: readonly Picture[]): Picture[] {
    const done = new Set(answers.done);
    const { asked } = answers;
    const rest = candidates.filter(picture => !done.has(picture.object) && picture.object !== asked?.object);
    return asked === null ? rest : [asked, ...rest];
}

export function answered(answers: Answers, answer: Answer, candidates: readonly Picture[]): Answers {
    const [picture, next] = stillToAsk(answers, candidates);
    if (picture === undefined) return answers;
    return {
        waiting: answer === 'skip' ? answers.waiting : [...answers.waiting, { picture, answer }],
        done: [...answers.done, picture.object],
        asked: next ?? null,
    };
}

/** Takes back the last answer that was not sent yet, and asks again. */
export function takenBack(answers: Answers): Answers {
    const last = answers.waiting.at(-1);
    if (last === undefined) return answers;
    return {
        waiting: answers.waiting.slice(0, -1),
        done: answers.done.filter(object => object !== last.picture.object),
        asked: last.picture,
    };
}

export function statementOfAnswers(waiting: readonly Given[]): { positive: string[]; negative: string[] } {
    const of = (answer: Answer) => waiting.filter(given => given.answer === answer).map(given => given.picture.object);
    return { positive: of('yes'), negative: of('no') };
}
