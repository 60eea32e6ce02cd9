import type { SelectHTMLAttributes } from 'react';
import { Field, type FieldTexts } from './Field.tsx';

interface Props<Value extends string>
    extends FieldTexts, Omit<SelectHTMLAttributes<HTMLSelectElement>, 'onChange' | 'value' | 'id'> {
    value: Value;
    onChange: (value: Value) => void;
    options: readonly { value: Value; label: string; disabled?: boolean }[];
}

export function SelectField<Value extends string>(props: Props<Value>) {
    const { label, hint, error, hideLabel, value, onChange, options, ...rest } = props;
    return (
        <Field
            {...{ label, hint, error, hideLabel }}
            control={attributes => (
                <select
                    {...rest}
                    {...attributes}
                    value={value}
                    onChange={event => {
                        const chosen = options.find(option => option.value === event.target.value);
                        if (chosen !== undefined) onChange(chosen.value);
                    }}
                >
                    {options.map(option => (
                        <option key={option.value} value={option.value} disabled={option.disabled}>
                            {option.label}
                        </option>
                    ))}
                </select>
            )}
        />
    );
}
