import { useParams } from 'react-router';
import { EmptyState } from '@/components/EmptyState.tsx';
import { FilmIcon } from '@/components/icons.tsx';
import { Page } from '@/components/Page.tsx';
import { useTitle } from '@/lib/title.ts';

export default function NewVideoRoute() {
    const { project = '' } = useParams();
    useTitle('New video', project);
    return (
        <Page title="New video" width="narrow">
            <EmptyState icon={<FilmIcon size={20} />} title="Nothing chosen yet" />
        </Page>
    );
}
