// Changes of labels, by whoever labels in this browser. Each is one step that can be undone; each answers with what is so
// afterwards.
import { call, client, type Schema } from '@/api/client.ts';
import { editorName } from '@/lib/editor.ts';

export type LabelChange = Schema<'LabelChange'>;
type Examples = Schema<'Examples'>;

export function postExamples(project: string, label: string, body: Examples, keepalive = false): Promise<LabelChange> {
    return call(
        client.POST('/api/v1/projects/{p}/labels/{l}/examples', {
            params: { path: { p: project, l: label } },
            body: { ...body, by: editorName() },
            keepalive,
        }),
    );
}

export function postRename(project: string, label: string, name: string, version?: number): Promise<LabelChange> {
    return call(
        client.POST('/api/v1/projects/{p}/labels/{l}/rename', {
            params: { path: { p: project, l: label } },
            body: { name, version, by: editorName() },
        }),
    );
}

export function postMerge(project: string, label: string, into: string, version?: number): Promise<LabelChange> {
    return call(
        client.POST('/api/v1/projects/{p}/labels/{l}/merge', {
            params: { path: { p: project, l: label } },
            body: { into, version, by: editorName() },
        }),
    );
}

export function deleteLabel(project: string, label: string, version?: number): Promise<LabelChange> {
    return call(
        client.DELETE('/api/v1/projects/{p}/labels/{l}', {
            params: { path: { p: project, l: label }, query: { version, by: editorName() } },
        }),
    );
}

export function postUndo(project: string, version?: number): Promise<LabelChange> {
    return call(
        client.POST('/api/v1/projects/{p}/undo', {
            params: { path: { p: project }, query: { version, by: editorName() } },
        }),
    );
}

export function postRedo(project: string, version?: number): Promise<LabelChange> {
    return call(
        client.POST('/api/v1/projects/{p}/redo', {
            params: { path: { p: project }, query: { version, by: editorName() } },
        }),
    );
}

/** What was said of these objects is right, though it looks like a mistake. */
export function postKeep(project: string, label: string, objects: string[], version?: number): Promise<LabelChange> {
    return call(
        client.POST('/api/v1/projects/{p}/labels/{l}/keep', {
            params: { path: { p: project, l: label } },
            body: { objects, version, by: editorName() },
        }),
    );
}
