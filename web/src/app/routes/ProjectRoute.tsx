import { Fragment } from 'react';
import { useParams } from 'react-router';
import { useLiveChanges } from '@/api/use-live-changes.ts';
import { ProjectView } from '@/features/projects/components/ProjectView.tsx';
import { useExchange } from '../useExchange.tsx';
import { useTitle } from '@/lib/title.ts';

export default function ProjectRoute() {
    const { project = '' } = useParams();
    useLiveChanges(project);
    useTitle(project);
    const exchange = useExchange(project);
    // Another project is another view: nothing of the one before stays open.
    return (
        <Fragment key={project}>
            <ProjectView
                project={project}
                onExport={() => exchange.exportLabels()}
                onImport={() => exchange.importLabels()}
            />
            {exchange.dialog}
        </Fragment>
    );
}
