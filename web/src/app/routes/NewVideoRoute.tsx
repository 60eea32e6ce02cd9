import { useParams } from 'react-router';
import { NewVideoView } from '@/features/projects/components/NewVideoView.tsx';
import { useTitle } from '@/lib/title.ts';

export default function NewVideoRoute() {
    const { project } = useParams();
    useTitle('New video', project);
    return <NewVideoView key={project} project={project} />;
}
