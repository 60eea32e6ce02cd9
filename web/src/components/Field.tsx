import { useId, type ReactNode } from 'react';
import styles from './Field.module.css';

export interface FieldTexts {
    label: string;
    /** What to write here, in a few words. */
    hint?: ReactNode;
    /** What is wrong and what to do; announced, and marks the field invalid. */
    error?: string | undefined;
    /** Keeps the label for screen readers only. */
    hideLabel?: boolean;
}

export interface ControlAttributes {
    id: string;
    'aria-describedby': string | undefined;
    'aria-invalid': true | undefined;
    className: string | undefined;
}

/** Label, hint and error around one control, tied to it. TextField, NumberField and SelectField are made of it. */
export function Field(props: FieldTexts & { control: (attributes: ControlAttributes) => ReactNode }) {
    const { label, hint, error, hideLabel = false, control } = props;
    const id = useId();
    const described = [error !== undefined && `${id}-error`, hint !== undefined && `${id}-hint`].filter(Boolean);
    return (
        <div className={styles.field}>
            <label htmlFor={id} className={hideLabel ? 'visually-hidden' : styles.label}>
                {label}
            </label>
            {control({
                id,
                'aria-describedby': described.length > 0 ? described.join(' ') : undefined,
                'aria-invalid': error !== undefined || undefined,
                className: styles.control,
            })}
            {/* Always there, so that a text that appears in it is announced. */}
            <p id={`${id}-error`} className={styles.error} aria-live="polite">
                {error}
            </p>
            {hint !== undefined && (
                <p id={`${id}-hint`} className={styles.hint}>
                    {hint}
                </p>
            )}
        </div>
    );
}
