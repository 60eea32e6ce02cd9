import { useConnection } from './connection.ts';
import { ANSWERS_AGAIN, NetworkError, sentenceOf } from './problem.ts';

/** The sentence to show for what was thrown. That nobody answered is no longer said as a fact once somebody does. */
export function useSentence(error: unknown): string | undefined {
    const answers = useConnection() === 'connected';
    if (error === null || error === undefined) return undefined;
    if (answers && error instanceof NetworkError) return ANSWERS_AGAIN;
    return sentenceOf(error);
}
