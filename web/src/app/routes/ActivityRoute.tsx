import { useParams } from 'react-router';
import { EmptyState } from '@/components/EmptyState.tsx';
import { ActivityIcon } from '@/components/icons.tsx';
import { Page } from '@/components/Page.tsx';
import { useTitle } from '@/lib/title.ts';

export default function ActivityRoute() {
    const { project } = useParams();
    useTitle('Ingestion', project);
    return (
        <Page title="Ingestion">
            <EmptyState icon={<ActivityIcon size={20} />} title="Nothing is being ingested" />
        </Page>
    );
}
