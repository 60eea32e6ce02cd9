// Signing in: a server that was started with a token answers 401 until the browser holds its session cookie. Whoever
// meets a 401 asks here; all of them wait for one dialog (app/shell/SignInDialog.tsx).
import { useSyncExternalStore } from 'react';
import { apiErrorOf, NetworkError } from './problem.ts';

interface Question {
    promise: Promise<boolean>;
    answer: (signedIn: boolean) => void;
}

let question: Question | undefined;
const listeners = new Set<() => void>();

function notify() {
    for (const listener of listeners) listener();
}

/** Opens the sign-in dialog if it is not open; true when the person signed in, false when they closed it. */
export function askToSignIn(): Promise<boolean> {
    if (question === undefined) {
        let answer: (signedIn: boolean) => void = () => undefined;
        const promise = new Promise<boolean>(resolve => (answer = resolve));
        question = { promise, answer };
        notify();
    }
    return question.promise;
}

export function dismissSignIn() {
    question?.answer(false);
    question = undefined;
    notify();
}

/** Gives the token to the server; throws its refusal. Everybody who waits goes on when it is right. */
export async function signIn(token: string): Promise<void> {
    let response: Response;
    try {
        response = await fetch('/api/v1/session', {
            method: 'POST',
            credentials: 'same-origin',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ token }),
        });
    } catch {
        throw new NetworkError('The server does not answer.');
    }
    if (!response.ok) throw apiErrorOf(response.status, await response.json().catch(() => undefined));
    question?.answer(true);
    question = undefined;
    notify();
}

function subscribe(listener: () => void) {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

export function useSignInIsAsked(): boolean {
    return useSyncExternalStore(subscribe, () => question !== undefined);
}
