import { EmptyState } from '@/components/EmptyState.tsx';
import { FolderIcon } from '@/components/icons.tsx';
import { Page } from '@/components/Page.tsx';
import { useTitle } from '@/lib/title.ts';

export default function ProjectsRoute() {
    useTitle('Projects');
    return (
        <Page title="Projects">
            <EmptyState icon={<FolderIcon size={20} />} title="No projects yet">
                A project holds videos that belong together, and the labels you give to what is seen in them.
            </EmptyState>
        </Page>
    );
}
