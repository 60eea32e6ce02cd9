import type { InputHTMLAttributes } from 'react';
import { Field, type FieldTexts } from './Field.tsx';

interface Props extends FieldTexts, Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value' | 'id' | 'type'> {
    /** What was typed, which need not be a number yet; the caller checks it and says what is wrong in `error`. */
    value: string;
    onChange: (value: string) => void;
}

/** A text field with a number's keyboard: type=number hides what it does not understand. */
export function NumberField({ label, hint, error, hideLabel, value, onChange, ...rest }: Props) {
    return (
        <Field
            {...{ label, hint, error, hideLabel }}
            control={attributes => (
                <input
                    type="text"
                    inputMode="decimal"
                    autoComplete="off"
                    {...rest}
                    {...attributes}
                    value={value}
                    onChange={event => onChange(event.target.value)}
                />
            )}
        />
    );
}
