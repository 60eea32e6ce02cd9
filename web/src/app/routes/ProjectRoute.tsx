import { useParams } from 'react-router';
import { ProjectView } from '@/features/projects/components/ProjectView.tsx';
import { useTitle } from '@/lib/title.ts';

export default function ProjectRoute() {
    const { project = '' } = useParams();
    useTitle(project);
    // Another project is another view: nothing of the one before stays open.
    return <ProjectView key={project} project={project} />;
}
