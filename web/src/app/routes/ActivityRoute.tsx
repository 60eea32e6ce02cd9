import { useParams } from 'react-router';
import { IngestView } from '@/features/ingest/components/IngestView.tsx';
import { useTitle } from '@/lib/title.ts';

export default function ActivityRoute() {
    const { project } = useParams();
    useTitle('Ingestion', project);
    return <IngestView key={project} project={project ?? null} />;
}
