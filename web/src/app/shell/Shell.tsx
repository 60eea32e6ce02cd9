import { useEffect, useRef, useState } from 'react';
import { Outlet, useLocation, useNavigation } from 'react-router';
import { useSignInIsAsked } from '@/api/session.ts';
import { KeyMapDialog } from '@/components/KeyMapDialog.tsx';
import { ToastRegion } from '@/components/ToastRegion.tsx';
import { useShortcut } from '@/lib/keys.tsx';
import { SignInDialog } from './SignInDialog.tsx';
import { TopBar } from './TopBar.tsx';
import styles from './Shell.module.css';

/** What is around every view. */
export function Shell() {
    const main = useRef<HTMLElement>(null);
    const { pathname } = useLocation();
    const loading = useNavigation().state === 'loading';
    const signInIsAsked = useSignInIsAsked();
    const [keyMapIsOpen, setKeyMapIsOpen] = useState(false);
    useShortcut('?', 'Show the keyboard shortcuts', () => setKeyMapIsOpen(true));

    // Another view: the keyboard and screen readers start at its beginning. Not on the first page, where the browser does.
    const shown = useRef(pathname);
    useEffect(() => {
        if (shown.current === pathname) return;
        shown.current = pathname;
        // A view of one field may have gone to that.
        if (main.current?.contains(document.activeElement) !== true) main.current?.focus({ preventScroll: true });
        window.scrollTo(0, 0);
    }, [pathname]);

    return (
        <>
            <a href="#main" className={styles.skip}>
                Skip to the content
            </a>
            <TopBar onShowKeyMap={() => setKeyMapIsOpen(true)} />
            {loading && <div className={styles.loading} aria-hidden="true" />}
            <main id="main" ref={main} tabIndex={-1} className={styles.main}>
                <Outlet />
            </main>
            <ToastRegion />
            {keyMapIsOpen && <KeyMapDialog onClose={() => setKeyMapIsOpen(false)} />}
            {signInIsAsked && <SignInDialog />}
        </>
    );
}
