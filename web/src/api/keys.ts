// Query keys. All of them are made here, so that what has to be fetched again after a change can be said by prefix.

export const keys = {
    server: ['server'] as const,

    projects: ['projects'] as const,
    project: (project: string) => ['project', project] as const,

    /** What the detector called the project's objects. */
    classes: (project: string) => ['classes', project] as const,

    /** Prefix of every list of videos. */
    videoLists: ['videos'] as const,
    videosOf: (project: string) => ['videos', project] as const,
    /** The videos the ingestion view follows: of all projects, of one, or a single one. */
    watchedVideos: (project: string | null, video: string | null) => ['videos', project, 'watched', video] as const,
    video: (video: string) => ['video', video] as const,
    segments: (video: string) => ['segments', video] as const,

    /** Prefix of the frames of every video. */
    allFrames: ['frames'] as const,
    /** Prefix of all windows of one video. */
    framesOf: (video: string) => ['frames', video] as const,
    /** One window of FRAME_WINDOW_US (lib/time.ts). */
    frames: (video: string, windowIndex: number) => ['frames', video, windowIndex] as const,
    frame: (frame: string) => ['frame', frame] as const,
    /** Prefix of all objects. */
    allObjects: ['object'] as const,
    object: (object: string) => ['object', object] as const,

    /** Prefix of all tracks. */
    allTracks: ['track'] as const,
    track: (track: string) => ['track', track] as const,
    /** Prefix of everything about the corrections of a video's tracks. */
    correctionsOf: (video: string) => ['corrections', video] as const,
    /** What undo and redo of them would do. */
    correctionSteps: (video: string) => ['corrections', video, 'steps'] as const,
    correctionHistory: (video: string) => ['corrections', video, 'history'] as const,

    /** Prefix of all timelines. */
    allTimelines: ['timeline'] as const,
    timelinesOf: (video: string) => ['timeline', video] as const,
    timeline: (video: string, options?: unknown) => ['timeline', video, options ?? null] as const,

    /** Prefix of all lists of similar objects. */
    allSimilar: ['similar'] as const,
    similar: (object: string, options?: unknown) => ['similar', object, options ?? null] as const,
    /** Prefix of all searches. */
    allSearches: ['search'] as const,
    search: (project: string, question: unknown) => ['search', project, question] as const,

    labels: (project: string) => ['labels', project] as const,
    label: (project: string, label: string) => ['labels', project, label] as const,
    labelObjects: (project: string, label: string, options?: unknown) =>
        ['labels', project, label, 'objects', options ?? null] as const,
    /** Prefix of all lists of what was said. */
    assertionsOf: (project: string) => ['assertions', project] as const,
    assertions: (project: string, filters: unknown) => ['assertions', project, filters] as const,
    /** Prefix of the probable mistakes of all labels of a project. */
    mistakesOf: (project: string) => ['mistakes', project] as const,
    mistakes: (project: string, label: string | null) => ['mistakes', project, label] as const,
    /** Prefix of the candidates of all labels of a project. */
    candidatesOf: (project: string) => ['candidates', project] as const,
    candidates: (project: string, label: string | null, options?: unknown) =>
        ['candidates', project, label, options ?? null] as const,

    /** Prefix of all suggestions for a positive column. */
    suggestionsOf: (project: string) => ['suggestions', project] as const,
    suggestions: (project: string, question: unknown) => ['suggestions', project, question] as const,

    workers: ['workers'] as const,
    activity: ['activity'] as const,
    /** Prefix of all lists of dead letters. */
    deadLetters: ['dead-letters'] as const,
    deadLettersOf: (video: string | null) => ['dead-letters', video] as const,
};

/** What a change of labels makes stale. */
export function staleAfterLabelling(project: string): (readonly unknown[])[] {
    return [
        keys.labels(project),
        keys.candidatesOf(project),
        keys.suggestionsOf(project),
        keys.assertionsOf(project),
        keys.mistakesOf(project),
        keys.allFrames,
        keys.allSimilar,
        keys.allTimelines,
        keys.allSearches,
        ['frame'],
        keys.allObjects,
        keys.allTracks,
    ];
}
