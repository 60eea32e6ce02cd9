import type { InputHTMLAttributes, Ref } from 'react';
import { Field, type FieldTexts } from './Field.tsx';

interface Props extends FieldTexts, Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value' | 'id'> {
    value: string;
    onChange: (value: string) => void;
    ref?: Ref<HTMLInputElement>;
}

export function TextField({ label, hint, error, hideLabel, value, onChange, ...rest }: Props) {
    return (
        <Field
            {...{ label, hint, error, hideLabel }}
            control={attributes => (
                <input
                    type="text"
                    autoComplete="off"
                    spellCheck={false}
                    {...rest}
                    {...attributes}
                    value={value}
                    onChange={event => onChange(event.target.value)}
                />
            )}
        />
    );
}
