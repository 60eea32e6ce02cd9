import { useLocation } from 'react-router';
import { EmptyState } from '@/components/EmptyState.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { SearchIcon } from '@/components/icons.tsx';
import { paths } from '@/lib/paths.ts';
import { useTitle } from '@/lib/title.ts';

export function NotFoundView() {
    useTitle('Not found');
    const { pathname } = useLocation();
    return (
        <>
            <h1 className="visually-hidden">Not found</h1>
            <EmptyState
                icon={<SearchIcon size={20} />}
                title="There is no such page"
                actions={
                    <LinkButton variant="primary" to={paths.projects()}>
                        Go to the projects
                    </LinkButton>
                }
            >
                Nothing is at <code>{pathname}</code>. The address may be mistyped, or what it showed was deleted.
            </EmptyState>
        </>
    );
}
