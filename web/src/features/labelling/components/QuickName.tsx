import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useSentence } from '@/api/use-sentence.ts';
import { useLabelling } from '../hooks/useLabelling.ts';
import { cleanLabelName, findLabel, labelNameProblem } from '../model/label-name.ts';
import type { Picture } from '../model/picture.ts';
import { LabelCombobox } from './LabelCombobox.tsx';
import styles from './ObjectCard.module.css';

/** Names the one object at once, and with it its track. */
export function QuickName({ picture }: { picture: Picture }) {
    const { labels, changes } = useLabelling();
    const field = useRef<HTMLInputElement>(null);
    const [name, setName] = useState('');
    const all = labels.data?.labels ?? [];
    const mutation = useMutation({
        mutationFn: (label: string) => changes.say({ label, positive: [picture] }),
        onSuccess: () => {
            setName('');
            // Done: the keys are the view's again.
            field.current?.blur();
        },
    });
    const problem = name === '' ? undefined : labelNameProblem(name);
    const failed = useSentence(mutation.error);
    return (
        <form
            className={styles.name}
            onSubmit={event => {
                event.preventDefault();
                if (labelNameProblem(name) !== undefined || mutation.isPending) return;
                mutation.mutate(findLabel(all, name)?.name ?? cleanLabelName(name));
            }}
        >
            <LabelCombobox
                ref={field}
                label="Name this object"
                placeholder={picture.track === null ? 'Name this one…' : 'Name this track…'}
                labels={all}
                value={name}
                error={problem ?? failed}
                onChange={value => {
                    setName(value);
                    mutation.reset();
                }}
            />
        </form>
    );
}
