import { useParams } from 'react-router';
import { SearchView } from '@/features/search/components/SearchView.tsx';

export default function SearchRoute() {
    const { project = '' } = useParams();
    return <SearchView key={project} project={project} />;
}
