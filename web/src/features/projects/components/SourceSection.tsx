import { useRef } from 'react';
import { Button } from '@/components/Button.tsx';
import { PlusIcon, UploadIcon } from '@/components/icons.tsx';
import { TextField } from '@/components/TextField.tsx';
import { formatBytes } from '@/lib/format.ts';
import { VIDEO_FILES_ACCEPTED } from '../model/source.ts';
import type { Upload } from '../model/upload-queue.ts';
import { UploadRow } from './UploadRow.tsx';
import styles from './SourceSection.module.css';

interface Props {
    source: string;
    onChange: (source: string) => void;
    onBlur: () => void;
    error: string | undefined;
    /** A better source to offer. */
    instead: string | undefined;
    /** Whether the server takes paths on its own machine. */
    local: boolean;
    uploadBytesMost: number;
    uploads: readonly Upload[];
    project: string;
    busy: boolean;
    onChoose: (files: readonly File[]) => void;
    onRetry: (id: number) => void;
    onRemove: (id: number) => void;
    onClear: () => void;
}

/** Where the video is: an address, or files. */
export function SourceSection(props: Props) {
    const { source, onChange, onBlur, error, instead, local, uploadBytesMost, uploads, project, busy } = props;
    const { onChoose, onRetry, onRemove, onClear } = props;
    const picker = useRef<HTMLInputElement>(null);
    const pick = () => picker.current?.click();
    return (
        <section className={styles.section} aria-label="Source">
            <input
                ref={picker}
                type="file"
                accept={VIDEO_FILES_ACCEPTED}
                multiple
                hidden
                aria-label="Video files"
                onChange={event => {
                    onChoose([...(event.target.files ?? [])]);
                    // The same file can be chosen again after it was taken out.
                    event.target.value = '';
                }}
            />
            {uploads.length === 0 ? (
                <>
                    <TextField
                        name="source"
                        label="Address of the video"
                        placeholder="https://…"
                        inputMode="url"
                        value={source}
                        onChange={onChange}
                        onBlur={onBlur}
                        error={error}
                        hint={
                            local
                                ? 'A video file, a page that shows one, or a path on the server’s machine.'
                                : 'A video file, or a page that shows one.'
                        }
                    />
                    {instead !== undefined && (
                        <p>
                            <Button size="s" className={styles.instead} onClick={() => onChange(instead)}>
                                Use “{instead}”
                            </Button>
                        </p>
                    )}
                    <div className={styles.drop}>
                        <UploadIcon size={20} />
                        <p>Or drop video files anywhere on this page</p>
                        <Button onClick={pick}>Choose files</Button>
                        <p className={styles.limit}>Up to {formatBytes(uploadBytesMost)} each</p>
                    </div>
                </>
            ) : (
                <>
                    <h2 className={styles.heading}>Files</h2>
                    <ul className={styles.files}>
                        {uploads.map(upload => (
                            <UploadRow
                                key={upload.id}
                                upload={upload}
                                project={project}
                                onRetry={() => onRetry(upload.id)}
                                onRemove={() => onRemove(upload.id)}
                            />
                        ))}
                    </ul>
                    <div className={styles.buttons}>
                        <Button size="s" icon={<PlusIcon />} onClick={pick}>
                            Add files
                        </Button>
                        {!busy && (
                            <Button size="s" variant="quiet" onClick={onClear}>
                                Use an address instead
                            </Button>
                        )}
                    </div>
                </>
            )}
        </section>
    );
}
