import { useParams } from 'react-router';
import { EmptyState } from '@/components/EmptyState.tsx';
import { FilmIcon, PlusIcon } from '@/components/icons.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { Page } from '@/components/Page.tsx';
import { paths } from '@/lib/paths.ts';
import { useTitle } from '@/lib/title.ts';

export default function ProjectRoute() {
    const { project = '' } = useParams();
    useTitle(project);
    const add = (
        <LinkButton variant="primary" icon={<PlusIcon />} to={paths.newVideo(project)}>
            New video
        </LinkButton>
    );
    return (
        <Page title={project} actions={add}>
            <EmptyState icon={<FilmIcon size={20} />} title="No videos yet">
                Add a video by its address or as a file: what can be seen in it becomes searchable.
            </EmptyState>
        </Page>
    );
}
