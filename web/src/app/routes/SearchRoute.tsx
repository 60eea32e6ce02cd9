import { useParams } from 'react-router';
import { EmptyState } from '@/components/EmptyState.tsx';
import { SearchIcon } from '@/components/icons.tsx';
import { Page } from '@/components/Page.tsx';
import { useTitle } from '@/lib/title.ts';

export default function SearchRoute() {
    const { project = '' } = useParams();
    useTitle('Search', project);
    return (
        <Page title="Search">
            <EmptyState icon={<SearchIcon size={20} />} title="Nothing to search by yet" />
        </Page>
    );
}
