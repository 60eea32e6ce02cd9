import { useParams } from 'react-router';
import { useLiveChanges } from '@/api/use-live-changes.ts';
import { SearchView } from '@/features/search/components/SearchView.tsx';

export default function SearchRoute() {
    const { project = '' } = useParams();
    useLiveChanges(project);
    return <SearchView key={project} project={project} />;
}
