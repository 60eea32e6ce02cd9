import { useId } from 'react';
import { ChevronRightIcon } from '@/components/icons.tsx';
import { NumberField } from '@/components/NumberField.tsx';
import { TextField } from '@/components/TextField.tsx';
import { summaryOf, type FieldName, type FormValues } from '../model/options.ts';
import styles from './OptionsSection.module.css';

interface Props {
    open: boolean;
    onToggle: (open: boolean) => void;
    values: FormValues;
    onChange: (change: Partial<FormValues>) => void;
    onBlur: (field: FieldName) => void;
    errorOf: (field: FieldName) => string | undefined;
    /** Several files keep their own names. */
    hasName: boolean;
}

export function OptionsSection({ open, onToggle, values, onChange, onBlur, errorOf, hasName }: Props) {
    const everyFrame = useId();
    const texts = (field: FieldName) => ({ name: field, error: errorOf(field), onBlur: () => onBlur(field) });
    return (
        <details className={styles.options} open={open} onToggle={event => onToggle(event.currentTarget.open)}>
            <summary className={styles.summary}>
                <ChevronRightIcon className={styles.chevron} />
                <span>Options</span>
                <span className={styles.short}>{summaryOf(values)}</span>
            </summary>
            <div className={styles.fields}>
                <div className={styles.rate}>
                    <NumberField
                        {...texts('fps')}
                        label="Frames per second"
                        value={values.fps}
                        disabled={values.every_frame}
                        onChange={fps => onChange({ fps })}
                        hint="How many frames are looked at. More find shorter moments, and take longer."
                    />
                    <label className={styles.check} htmlFor={everyFrame}>
                        <input
                            id={everyFrame}
                            type="checkbox"
                            checked={values.every_frame}
                            onChange={event => onChange({ every_frame: event.target.checked })}
                        />
                        Every frame
                    </label>
                </div>
                <TextField
                    {...texts('limit_seconds')}
                    label="Time limit"
                    placeholder="The whole video"
                    value={values.limit_seconds}
                    onChange={limit_seconds => onChange({ limit_seconds })}
                    hint="Only the first part: seconds (90), or minutes and seconds (1:30)."
                />
                <NumberField
                    {...texts('chunk_seconds')}
                    label="Segment length, in seconds"
                    value={values.chunk_seconds}
                    onChange={chunk_seconds => onChange({ chunk_seconds })}
                    hint="The video is cut into segments of about this length, which are worked on side by side."
                />
                {hasName && (
                    <TextField
                        {...texts('name')}
                        label="Name"
                        placeholder="The file’s name, or the page’s title"
                        value={values.name}
                        onChange={name => onChange({ name })}
                        hint="What to show the video as."
                    />
                )}
            </div>
        </details>
    );
}
