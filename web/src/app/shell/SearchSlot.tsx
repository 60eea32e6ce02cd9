import { useParams } from 'react-router';
import { SearchBar } from '@/features/search/components/SearchBar.tsx';

/** The search bar, on every page: of the project that is open, or of one to be chosen. */
export function SearchSlot() {
    const { project } = useParams();
    // What was typed for one project says nothing in another.
    return <SearchBar key={project} project={project} />;
}
