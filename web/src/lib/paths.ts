// Addresses of the views. Links are made here, so that a view can move without hunting for strings.

export interface LabelView {
    /** Time in the video, microseconds. */
    t?: number;
    /** The selected object. */
    sel?: string;
    label?: string;
    panel?: 'similar' | 'labels' | 'candidates';
}

export interface SearchView {
    /** What looks like this object. */
    object?: string;
    /** What looks like these objects, separated by commas. */
    positive?: string;
    /** What looks like this picture, by the id it has in the browser that keeps it. */
    picture?: string;
    text?: string;
    class?: string;
    label?: string;
    video?: string;
    /** The least score. */
    min?: number;
}

export interface LabelledView {
    view?: 'objects' | 'mistakes';
    label?: string;
}

function query(values: Record<string, string | number | undefined>): string {
    const params = new URLSearchParams();
    for (const [name, value] of Object.entries(values)) {
        if (value !== undefined && value !== '') params.set(name, String(value));
    }
    const text = params.toString();
    return text === '' ? '' : `?${text}`;
}

const encoded = encodeURIComponent;

export const paths = {
    projects: () => '/',
    project: (project: string) => `/p/${encoded(project)}`,
    /** Without a project, the form asks for one. */
    newVideo: (project?: string) => (project === undefined ? '/new' : `/p/${encoded(project)}/new`),
    /** The ingestion view: of everything, of a project, or of one video. */
    activity: (project?: string, video?: string) =>
        `${project === undefined ? '' : `/p/${encoded(project)}`}/activity${query({ video })}`,
    video: (project: string, video: string, view: LabelView = {}) =>
        `/p/${encoded(project)}/v/${encoded(video)}${query({ ...view })}`,
    /** What was said of objects, or the review of what is probably a mistake. */
    labelled: (project: string, view: LabelledView = {}) => `/p/${encoded(project)}/labels${query({ ...view })}`,
    search: (project: string, question: SearchView = {}) => `/p/${encoded(project)}/search${query({ ...question })}`,
};
