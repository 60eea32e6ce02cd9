// The question in the address, and how to change it.
import { useCallback, useMemo } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { paths } from '@/lib/paths.ts';
import { questionOf, viewOf, type Question } from '../model/question.ts';

export interface Asking {
    question: Question;
    /** 'replace' for what moves while one looks; otherwise "back" returns to the question before. */
    ask: (question: Question, history?: 'push' | 'replace') => void;
}

export function useQuestion(project: string): Asking {
    const [params] = useSearchParams();
    const navigate = useNavigate();
    const question = useMemo(() => questionOf(params), [params]);
    const ask = useCallback<Asking['ask']>(
        (next, history = 'push') =>
            void navigate(paths.search(project, viewOf(next)), { replace: history === 'replace' }),
        [project, navigate],
    );
    return { question, ask };
}
