// Where the search bar of features/search stands, on every page of a project.
import { useParams } from 'react-router';
import { LinkButton } from '@/components/LinkButton.tsx';
import { SearchIcon } from '@/components/icons.tsx';
import { paths } from '@/lib/paths.ts';

export function SearchSlot() {
    const { project } = useParams();
    if (project === undefined) return null;
    return (
        <LinkButton to={paths.search(project)} variant="quiet" icon={<SearchIcon />}>
            Search
        </LinkButton>
    );
}
