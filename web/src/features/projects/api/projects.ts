import { call, client, type Schema } from '@/api/client.ts';

/** Creates a project; `created` is false where it was there already. */
export async function createProject(name: string): Promise<{ project: Schema<'Project'>; created: boolean }> {
    const outcome = client.POST('/api/v1/projects', { body: { name } });
    const project = await call(outcome);
    return { project, created: (await outcome).response.status === 201 };
}

export const deleteProject = (name: string) =>
    call(client.DELETE('/api/v1/projects/{p}', { params: { path: { p: name } } }));
