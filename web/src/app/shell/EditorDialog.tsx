import { useState } from 'react';
import { Button } from '@/components/Button.tsx';
import { Dialog } from '@/components/Dialog.tsx';
import { TextField } from '@/components/TextField.tsx';
import { chooseEditorName, EDITOR_LENGTH_MOST, useEditorName } from '@/lib/editor.ts';

const FORM = 'editor';

/** Asks who it is that labels in this browser. */
export function EditorDialog({ onClose }: { onClose: () => void }) {
    const current = useEditorName();
    const [name, setName] = useState(current);
    return (
        <Dialog
            title="Your name"
            size="s"
            keepOpen
            onClose={onClose}
            actions={
                <>
                    <Button onClick={onClose}>Cancel</Button>
                    <Button type="submit" form={FORM} variant="primary">
                        Save
                    </Button>
                </>
            }
        >
            <form
                id={FORM}
                onSubmit={event => {
                    event.preventDefault();
                    chooseEditorName(name);
                    onClose();
                }}
            >
                <TextField
                    label="Name"
                    autoComplete="name"
                    maxLength={EDITOR_LENGTH_MOST}
                    value={name}
                    onChange={setName}
                    hint="It stands beside what you say of objects and tracks from now on, so that others know whom to ask. It is kept in this browser. Leave it empty to be nobody."
                />
            </form>
        </Dialog>
    );
}
