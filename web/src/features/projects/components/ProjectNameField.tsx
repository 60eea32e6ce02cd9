import type { Ref } from 'react';
import { Button } from '@/components/Button.tsx';
import { TextField } from '@/components/TextField.tsx';
import { correctedName, projectNameProblem } from '../model/project-name.ts';
import styles from './ProjectNameField.module.css';

interface Props {
    label: string;
    value: string;
    onChange: (value: string) => void;
    /** An error from elsewhere, shown instead of the field's own. */
    error?: string | undefined;
    /** The field was left, or the form submitted: an empty name is wrong now. */
    touched: boolean;
    onBlur?: () => void;
    hint?: string;
    /** Names to offer. */
    known?: readonly string[];
    name?: string;
    ref?: Ref<HTMLInputElement>;
}

/** A project's name, checked as it is typed, with a good one offered for a bad one. */
export function ProjectNameField(props: Props) {
    const { label, value, onChange, error, touched, onBlur, hint, known = [], name = 'project', ref } = props;
    const problem = value === '' && !touched ? undefined : projectNameProblem(value);
    const corrected = correctedName(value);
    return (
        <div className={styles.field}>
            <TextField
                ref={ref}
                name={name}
                label={label}
                value={value}
                onChange={onChange}
                onBlur={onBlur}
                error={error ?? problem}
                hint={hint}
                list={known.length > 0 ? `${name}-known` : undefined}
                required
            />
            {known.length > 0 && (
                <datalist id={`${name}-known`}>
                    {known.map(project => (
                        <option key={project} value={project} />
                    ))}
                </datalist>
            )}
            {problem !== undefined && corrected !== undefined && (
                <p className={styles.correction}>
                    <Button size="s" onClick={() => onChange(corrected)}>
                        Use “{corrected}”
                    </Button>
                </p>
            )}
        </div>
    );
}
