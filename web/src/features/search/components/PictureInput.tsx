import type { Ref } from 'react';

interface Props {
    onFiles: (files: readonly File[]) => void;
    ref: Ref<HTMLInputElement>;
}

/** Opens the system's dialog for files; a button beside it clicks it. */
export function PictureInput({ onFiles, ref }: Props) {
    return (
        <input
            ref={ref}
            type="file"
            accept="image/*"
            hidden
            aria-label="Picture to search by"
            onChange={event => {
                const files = [...(event.target.files ?? [])];
                // The same file can be chosen again.
                event.target.value = '';
                if (files.length > 0) onFiles(files);
            }}
        />
    );
}
