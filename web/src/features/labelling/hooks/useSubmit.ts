import { useMutation } from '@tanstack/react-query';
import { isConflict } from '@/api/problem.ts';
import { statementOf } from '../model/columns.ts';
import { cleanLabelName, findLabel } from '../model/label-name.ts';
import { useLabelling } from './useLabelling.ts';

/** Names what is in the columns, in one step. Whatever goes wrong, the columns stay as they are. */
export function useSubmit() {
    const { columns, suggested, name, labels, changes, dispatch, setLabel } = useLabelling();
    const mutation = useMutation({
        mutationFn: async () => {
            const typed = cleanLabelName(name);
            const label = findLabel(labels.data?.labels ?? [], typed)?.name ?? typed;
            const { positive, negative } = statementOf(columns, suggested);
            const all = new Map([...columns.positive, ...suggested, ...columns.negative].map(p => [p.object, p]));
            const pictures = (objects: string[]) => objects.flatMap(object => all.get(object) ?? []);
            const change = await changes.say({
                label,
                positive: pictures(positive),
                negative: pictures(negative),
                version: changes.version(),
            });
            return {
                label: change.label?.name ?? label,
                step: change.step?.id ?? null,
                objects: [...positive, ...negative],
            };
        },
        onSuccess: ({ label, step, objects }) => {
            dispatch({ type: 'submitted', step, name: label, objects });
            setLabel(label);
        },
    });
    return { ...mutation, conflict: isConflict(mutation.error) };
}
