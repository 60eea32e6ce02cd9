import { useState, type SyntheticEvent } from 'react';
import { sentenceOf } from '@/api/problem.ts';
import { dismissSignIn, signIn } from '@/api/session.ts';
import { Button } from '@/components/Button.tsx';
import { Dialog } from '@/components/Dialog.tsx';
import { TextField } from '@/components/TextField.tsx';
import { chooseEditorName, EDITOR_LENGTH_MOST, useEditorName } from '@/lib/editor.ts';
import styles from './SignInDialog.module.css';

const FORM = 'sign-in';

/** Asks for the server's token; whatever was refused for the want of it goes on afterwards. */
export function SignInDialog() {
    const known = useEditorName();
    const [token, setToken] = useState('');
    const [name, setName] = useState(known);
    const [busy, setBusy] = useState(false);
    const [error, setError] = useState<string>();

    async function submit(event: SyntheticEvent) {
        event.preventDefault();
        if (busy) return;
        if (token.trim() === '') {
            setError('Enter the token that the server was started with.');
            return;
        }
        setBusy(true);
        setError(undefined);
        try {
            await signIn(token.trim());
            chooseEditorName(name);
        } catch (failure) {
            setError(sentenceOf(failure));
            setBusy(false);
        }
    }

    return (
        <Dialog
            title="Sign in"
            size="s"
            keepOpen
            onClose={dismissSignIn}
            actions={
                <>
                    <Button onClick={dismissSignIn}>Cancel</Button>
                    <Button type="submit" form={FORM} variant="primary" busy={busy}>
                        Sign in
                    </Button>
                </>
            }
        >
            <form id={FORM} className={styles.form} onSubmit={event => void submit(event)}>
                <TextField
                    label="Token"
                    type="password"
                    autoComplete="current-password"
                    value={token}
                    onChange={setToken}
                    error={error}
                    hint="This server lets in who knows its token: whoever started it has chosen it (--token-file). This browser stays signed in for a month."
                />
                <TextField
                    label="Your name"
                    autoComplete="name"
                    maxLength={EDITOR_LENGTH_MOST}
                    value={name}
                    onChange={setName}
                    hint="If you like: it stands beside what you label, so that others know whom to ask."
                />
            </form>
        </Dialog>
    );
}
