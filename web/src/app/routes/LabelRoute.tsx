import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { videoQuery } from '@/api/queries.ts';
import { EmptyState } from '@/components/EmptyState.tsx';
import { ErrorState } from '@/components/ErrorState.tsx';
import { FilmIcon } from '@/components/icons.tsx';
import { Page } from '@/components/Page.tsx';
import { useTitle } from '@/lib/title.ts';

export default function LabelRoute() {
    const { project = '', video = '' } = useParams();
    const { data, error, refetch } = useQuery(videoQuery(video));
    useTitle(data?.name, project);
    if (error !== null)
        return <ErrorState title="The video could not be loaded" error={error} onRetry={() => void refetch()} />;
    return (
        <Page title={data?.name ?? ''}>
            <EmptyState icon={<FilmIcon size={20} />} title="Nothing is selected" />
        </Page>
    );
}
