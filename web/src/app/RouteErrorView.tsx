import { useRouteError } from 'react-router';
import { Button } from '@/components/Button.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { RefreshIcon, WarningIcon } from '@/components/icons.tsx';
import { paths } from '@/lib/paths.ts';
import { useTitle } from '@/lib/title.ts';
import styles from './RouteErrorView.module.css';

/** The browser's words for "this part of the application could not be fetched". */
const CHUNK_FAILED = /dynamically imported module|importing a module script failed|error loading dynamically/i;

/** Shown instead of a view that failed: a defect of ours, or a part that could not be fetched. */
export function RouteErrorView({ whole = false }: { whole?: boolean }) {
    const error = useRouteError();
    const message = error instanceof Error ? error.message : String(error);
    const notFetched = CHUNK_FAILED.test(message);
    useTitle('Error');
    return (
        <div role="alert" className={whole ? styles.whole : undefined}>
            <EmptyState
                icon={<WarningIcon size={20} />}
                title={notFetched ? 'This view could not be loaded' : 'This view stopped working'}
                actions={
                    <>
                        <Button variant="primary" icon={<RefreshIcon />} onClick={() => window.location.reload()}>
                            Reload
                        </Button>
                        <LinkButton to={paths.projects()} reloadDocument>
                            Go to the projects
                        </LinkButton>
                    </>
                }
            >
                {notFetched ? (
                    'The server does not answer, or it was updated since this page was opened. Reloading helps once it answers.'
                ) : (
                    <>
                        This is a defect of the application; nothing stored is affected. Its words:{' '}
                        <code>{message}</code>
                    </>
                )}
            </EmptyState>
        </div>
    );
}
