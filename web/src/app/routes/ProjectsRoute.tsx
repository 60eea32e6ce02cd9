import { ProjectsView } from '@/features/projects/components/ProjectsView.tsx';
import { useTitle } from '@/lib/title.ts';

export default function ProjectsRoute() {
    useTitle('Projects');
    return <ProjectsView />;
}
