import { useEffect, useEffectEvent, useReducer, useState } from 'react';
import { useConnection } from '@/api/connection.ts';
import { NetworkError } from '@/api/problem.ts';
import {
    NO_ANSWERS,
    answered,
    statementOfAnswers,
    takenBack,
    type Answer,
    type Answers,
    type Given,
} from '../model/answers.ts';
import type { Picture } from '../model/picture.ts';
import { useLabelling } from './useLabelling.ts';

// Answers come a few a second: sending them together keeps them one step to undo, and the server free to answer.
const WAIT_MS = 1500;
const SEND_AT_MOST = 10;

type Action =
    | { type: 'answer'; answer: Answer; candidates: readonly Picture[] }
    | { type: 'ask'; picture: Picture | null }
    | { type: 'take-back' }
    | { type: 'sent'; given: readonly Given[] };

function reducer(answers: Answers, action: Action): Answers {
    switch (action.type) {
        case 'answer':
            return answered(answers, action.answer, action.candidates);
        case 'ask':
            return { ...answers, asked: action.picture };
        case 'take-back':
            return takenBack(answers);
        case 'sent':
            return { ...answers, waiting: answers.waiting.filter(given => !action.given.includes(given)) };
    }
}

/** Answers to "is this it?" for one label; sent together after a moment, and when the panel is left. */
export function useAnswers(label: string) {
    const { changes, takeBackRef } = useLabelling();
    const [answers, dispatch] = useReducer(reducer, NO_ANSWERS);
    const [failure, setFailure] = useState<unknown>(null);
    const connected = useConnection() === 'connected';
    const [sending, setSending] = useState(false);
    const { waiting } = answers;
    // Nothing was wrong with what nobody took: it goes on its way once somebody answers.
    const error = connected && failure instanceof NetworkError ? null : failure;

    async function send(keepalive = false) {
        if (waiting.length === 0 || sending) return;
        setSending(true);
        setFailure(null);
        const of = new Map(waiting.map(given => [given.picture.object, given.picture]));
        const { positive, negative } = statementOfAnswers(waiting);
        const pictures = (objects: string[]) => objects.flatMap(object => of.get(object) ?? []);
        try {
            await changes.say({ label, positive: pictures(positive), negative: pictures(negative), keepalive });
            dispatch({ type: 'sent', given: waiting });
        } catch (reason) {
            setFailure(reason);
        }
        setSending(false);
    }

    const sendNow = useEffectEvent((keepalive: boolean) => void send(keepalive));
    useEffect(() => {
        if (waiting.length === 0 || sending || error !== null) return;
        const timer = setTimeout(() => sendNow(false), waiting.length >= SEND_AT_MOST ? 0 : WAIT_MS);
        return () => clearTimeout(timer);
    }, [waiting, sending, error]);
    useEffect(() => {
        const leave = () => sendNow(true);
        window.addEventListener('pagehide', leave);
        return () => {
            window.removeEventListener('pagehide', leave);
        };
    }, []);
    // The panel is left with answers that were not sent.
    const last = useEffectEvent(() => sendNow(true));
    useEffect(() => () => last(), []);

    const undoHere = useEffectEvent(() => {
        if (waiting.length === 0 || sending) return false;
        dispatch({ type: 'take-back' });
        return true;
    });
    useEffect(() => {
        takeBackRef.current = () => undoHere();
        return () => {
            takeBackRef.current = null;
        };
    }, [takeBackRef]);

    return { answers, dispatch, error, sending, retry: () => void send() };
}
