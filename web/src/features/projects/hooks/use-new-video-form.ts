// The state of the form for a new video: what was typed, what is wrong with it, and what the server said.
import { useState } from 'react';
import { FIELDS, problemOf, type FieldName, type FormValues } from '../model/options.ts';

interface ServerProblem {
    field: FieldName | undefined;
    message: string;
}

export function useNewVideoForm(initial: FormValues, local: boolean) {
    const [values, setValues] = useState(initial);
    const [touched, setTouched] = useState<ReadonlySet<FieldName>>(new Set());
    const [problem, setProblem] = useState<ServerProblem>();

    return {
        values,
        touched,
        /** What the server said about the form as a whole. */
        formProblem: problem !== undefined && problem.field === undefined ? problem.message : undefined,
        setProblem,
        change: (next: Partial<FormValues>) => {
            setValues(before => ({ ...before, ...next }));
            // What the server said of a field holds until the field is changed; of the whole, until anything is.
            if (problem !== undefined && (problem.field === undefined || Object.hasOwn(next, problem.field))) {
                setProblem(undefined);
            }
            if (next.every_frame !== undefined && problem?.field === 'fps') setProblem(undefined);
        },
        touch: (...fields: readonly FieldName[]) => {
            setTouched(before => new Set([...before, ...fields]));
        },
        /** The sentence to show at a field. */
        errorOf: (field: FieldName): string | undefined => {
            if (problem?.field === field) return problem.message;
            const finding = problemOf(field, values, local);
            return finding === undefined || (finding.unfinished && !touched.has(field)) ? undefined : finding.message;
        },
        insteadOf: (field: FieldName): string | undefined => {
            return problemOf(field, values, local)?.instead;
        },
        /** The first field that has to be put right; files make the source's field unnecessary. */
        firstWrong: (hasFiles: boolean): FieldName | undefined => {
            return FIELDS.find(
                field => !(hasFiles && field === 'source') && problemOf(field, values, local) !== undefined,
            );
        },
    };
}
