import { Fragment } from 'react';
import { useParams } from 'react-router';
import { useLiveChanges } from '@/api/use-live-changes.ts';
import { LabelledView } from '@/features/labelled/components/LabelledView.tsx';
import { useTitle } from '@/lib/title.ts';
import { useExchange } from '../useExchange.tsx';

export default function LabelledRoute() {
    const { project = '' } = useParams();
    useLiveChanges(project);
    useTitle('Labelled objects', project);
    const exchange = useExchange(project);
    return (
        <Fragment key={project}>
            <LabelledView
                project={project}
                onExport={label => exchange.exportLabels({ label })}
                onImport={() => exchange.importLabels()}
            />
            {exchange.dialog}
        </Fragment>
    );
}
