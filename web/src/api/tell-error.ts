// What went wrong, as a message on the screen.
import { toast } from '@/components/toast.ts';
import { withTrackNumbers } from '@/lib/track-name.ts';
import { ANSWERS_AGAIN, NetworkError, sentenceOf } from './problem.ts';

/**
 * `clause` is what follows where nobody answers: tellError(error, 'Nothing was undone'). It cannot be seen otherwise then, and
 * is not sure: the answer alone may have been lost.
 */
export function tellError(error: unknown, clause: string, key?: string) {
    const silent = error instanceof NetworkError;
    const follows = `${clause}, as far as is known.`;
    const sentence = withTrackNumbers(sentenceOf(error));
    toast(silent ? `${follows} ${sentence}` : sentence, {
        kind: 'error',
        key,
        onceAnswered: silent ? `${follows} ${ANSWERS_AGAIN}` : undefined,
    });
}
