// Made from api/openapi.yaml by `npm run api`; do not edit.

export interface paths {
    "/api/v1/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All projects, by name */
        get: operations["listProjects"];
        put?: never;
        /** Create a project */
        post: operations["createProject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                p: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        /** One project */
        get: operations["getProject"];
        put?: never;
        post?: never;
        /**
         * Remove a project with all its videos, pictures, objects, vectors and messages
         * @description Answers when all of it is gone, which takes a while where there is much of it. It goes on when the caller has left; asked for again meanwhile, the answer is 409 (`conflict`), and the project is in the list, `deleting`, until it is gone.
         */
        delete: operations["deleteProject"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/classes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the detector called the project's objects, the most frequent class first
         * @description Objects that somebody said are not of their class do not count.
         */
        get: operations["listClasses"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/videos": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                p: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        /** The project's videos, newest first */
        get: operations["listProjectVideos"];
        put?: never;
        /**
         * Start the ingestion of a video
         * @description The same source with the same parameters is the same video: submitting it again returns it, and resumes what is
         *     missing. The project is created if it does not exist. Paths and `file:` URLs are taken only from clients on the
         *     server's own machine.
         */
        post: operations["submitVideo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/uploads/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Upload a video file and start its ingestion */
        put: operations["uploadVideo"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The videos of all projects, newest first */
        get: operations["listVideos"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{v}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                v: components["parameters"]["Video"];
            };
            cookie?: never;
        };
        /** State, counts, errors and facts of a video */
        get: operations["getVideo"];
        put?: never;
        post?: never;
        /** Remove a video with its pictures, objects, vectors and messages */
        delete: operations["deleteVideo"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{v}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop an ingestion; what is indexed stays */
        post: operations["cancelVideo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{v}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Go on with what is missing of a cancelled, failed or incomplete video */
        post: operations["resumeVideo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{v}/rename": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Show a video by another name */
        post: operations["renameVideo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{v}/segments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The segments the video was cut into */
        get: operations["listSegments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{v}/frames": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Frames in order, with the objects in them */
        get: operations["listFrames"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{v}/tracks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The objects that were followed through the video, by their numbers */
        get: operations["listTracks"];
        put?: never;
        /**
         * Make a track of these objects
         * @description They leave the tracks they belong to. All are of this video and each is in a frame of its own. A conflict (409)
         *     when they are a track of their own already. What is said of all corrections is at `splitTrack`.
         */
        post: operations["makeTrack"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tracks/{t}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One track */
        get: operations["getTrack"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tracks/{t}/split": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a track at a time; what follows is a track of its own
         * @description The first of its objects at or after `at_us`, and all after that, become a new track (`step.made`). The time must
         *     be after the track's first object and not after its last.
         *
         *     This and the other corrections of tracks are kept in a history of the video, can be undone and made again, and are
         *     applied again whenever the video is tracked again; one for which there is nothing any more is passed over then
         *     (`passed_over`). A track that a correction makes keeps its id through undo and redo, and no other ever has it.
         *     Labels hold for tracks: what the answer says follows the tracks as they are now.
         *
         *     A conflict (409) while the video is indexed or its objects were not followed yet, when `version` is not the
         *     history's, and when the correction cannot be made on the tracks as they are or would change nothing. At most
         *     10,000 corrections (undo and redo included) and a million objects given can be in the history of one video.
         */
        post: operations["splitTrack"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tracks/{t}/merge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make one track of two
         * @description All objects of this track become objects of `into`, a track of the same video, whose id both have then. A conflict
         *     (409) where both have an object in the same frame: the sentence says in how many frames, and when the first is.
         */
        post: operations["mergeTrack"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tracks/{t}/objects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The objects of a track, in the order of time
         * @description One in each frame in which it was seen; `listTrackBoxes` says where it is in between.
         */
        get: operations["listTrackObjects"];
        put?: never;
        /**
         * Give objects to a track
         * @description All are of the track's video and each is in a frame of its own. In a frame in which the track has another object
         *     already, the two objects exchange their tracks: so an exchange of identities is mended by giving one of the two
         *     tracks its objects back. Objects that belong to the track already stay; a conflict (409) when all do.
         */
        post: operations["giveObjects"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tracks/{t}/boxes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where a track is at any time, between its objects too
         * @description The boxes of the track's objects and, after each of them, a box every `step_us` on the straight way to the next one,
         *     as the player draws it; sides grow and shrink evenly. Nothing is guessed where more than three and a half samples lie
         *     between two objects: there it was hidden, or nobody looked. Of frames of one time the first counts.
         */
        get: operations["listTrackBoxes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{v}/corrections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The corrections of a video's tracks, newest first */
        get: operations["listCorrections"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{v}/corrections/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take back the last correction that counts */
        post: operations["undoCorrection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{v}/corrections/redo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make again what was undone last */
        post: operations["redoCorrection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{v}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many objects there are along the video, and where a label or a track appears */
        get: operations["getTimeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{v}/image": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A picture to show the video by
         * @description One of its frames, or not found as long as none is stored (`thumbnail` of the video says so).
         */
        get: operations["getVideoImage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/videos/{v}/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The video as browsers can play it, with byte ranges
         * @description A frame is shown at `pts_us + media.media_offset_us` of what is served here.
         */
        get: operations["streamVideo"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/frames/{f}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One frame with its objects */
        get: operations["getFrame"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/frames/{f}/image": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The frame's picture */
        get: operations["getFrameImage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/objects/{o}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One object */
        get: operations["getObject"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/objects/{o}/image": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The object's picture, cut out of its frame */
        get: operations["getObjectImage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/objects/{o}/track": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Give one object to a track, or to a track of its own
         * @description Where the track has another object in that frame, the two exchange their tracks (see `giveObjects`). Null makes a
         *     new track of it (see `makeTrack`).
         */
        put: operations["putObjectTrack"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/objects/{o}/similar": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Objects that look like this one, best first */
        get: operations["listSimilar"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Search by an object, a picture, or examples */
        post: operations["search"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/labels": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                p: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        /** All labels of a project by name, and what can be undone */
        get: operations["listLabels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/labels/{l}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                p: components["parameters"]["Project"];
                /** @description The label's name; upper and lower case and Unicode forms make no difference */
                l: components["parameters"]["LabelName"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Remove a label; its objects become unlabelled. Can be undone */
        delete: operations["deleteLabel"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/labels/{l}/examples": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                p: components["parameters"]["Project"];
                /** @description The label's name; upper and lower case and Unicode forms make no difference */
                l: components["parameters"]["LabelName"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say which objects are this and which are not; the label is made if it does not exist
         * @description One step: all of it happens or nothing. An object carries at most one label, so naming one that carries another
         *     moves it. What is said of an object holds for its track. The same object may not be named twice. What is all so
         *     already is no step: `step` is null, and the history and what undo takes back are as they were.
         *
         *     A label may be called like a class of the detector: a negative of "car" says that what the detector took for a car
         *     is none, and filters by class leave it out from then on. When the last such word is taken back and nothing else is
         *     said of the label, the label is gone.
         */
        post: operations["addExamples"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/labels/{l}/examples/{o}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take back what was said about one object */
        delete: operations["removeExample"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/labels/{l}/keep": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What was said of these objects is right, though it looks like a mistake
         * @description For what `/projects/{p}/mistakes` lists: confirmed, it is not listed again until something else is said of the object.
         *     Holds for the object's track. A step like others, which can be undone.
         */
        post: operations["keepAssertions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/labels/{l}/rename": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a label another name
         * @description A name that another label has is a conflict; merging is its own operation.
         */
        post: operations["renameLabel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/labels/{l}/merge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give everything this label has to another one */
        post: operations["mergeLabel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/labels/{l}/objects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The objects that carry a label, probably carry it, or were said not to be it
         * @description Explicit and negative ones come newest first, probable ones surest first.
         */
        get: operations["listLabelObjects"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/labels/{l}/candidates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The objects to ask about next ("is this it?") */
        get: operations["listCandidates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/suggestions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What else is this, with high confidence
         * @description Fills the positive column: objects that look so much like the positive examples, and so little like the negative
         *     ones, that they are taken for the same. Nothing is stored. With `label`, what is known of it counts too. Objects of
         *     an example's own track are left out: what is said of it holds for them.
         */
        post: operations["suggest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/assertions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was said of the project's objects, or what they probably are
         * @description Over all labels, by filters that must all hold: "which objects did Anna label last week?", "what was said not to be
         *     the van?". What was undone or taken back is not said any more. One assertion for each object spoken about: those
         *     that carry a label with their track are not listed one by one. Explicit and negative ones come newest first,
         *     probable ones surest first. What is said meanwhile does not shift the pages that follow.
         */
        get: operations["listAssertions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/mistakes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Assertions that are probably mistakes, for review
         * @description Those that disagree with what was said of objects that resemble theirs, surest first; objects that follow each other
         *     and of which the same was said are one mistake. At most 5,000 assertions are compared, each with each; where there
         *     are more, a few of each track, and of those the newest. A label with one example only, and
         *     an object that resembles nothing labelled, cannot be judged.
         */
        get: operations["listMistakes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The labelling steps, newest first */
        get: operations["listHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take back the last labelling step that counts */
        post: operations["undo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/redo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Do again what was undone last */
        post: operations["redo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Labels and tracks as a file, in a format of other tools
         * @description The body comes as it is made, so an export of any size is possible; where it breaks off the connection is cut.
         *     COCO is a JSON document, CSV (RFC 4180) a table, YOLO and MOTChallenge a zip archive, as COCO is with `images`.
         *     docs/export.md says what stands in each. Objects are exported with the label that they carry, and every frame with
         *     its exact `pts_us` and index.
         */
        get: operations["exportLabels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give stored objects the labels of a file
         * @description An entry of the file means a stored object by its id, where it has one (and a box that agrees), or else by its
         *     frame (`pts_us`, index) and the best overlap of its box. What matches nothing is reported and left out; all the rest
         *     is one labelling step, or none. A file that is damaged, contradicts itself or matches nothing at all is refused, with
         *     a sentence that names the place; a dry run of one that matches nothing says why. docs/export.md says what is read of
         *     each format.
         */
        post: operations["importLabels"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{p}/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * That people changed labels or tracks, live (server-sent events)
         * @description Says that there is something new, not what: a client that shows an older version asks again for what it shows.
         *     `labels` (`{"version": 12}`) says the version of the labels, as in the list of labels; with `video`,
         *     `corrections` (`{"video": "…", "version": 3}`) that of the corrections of this video's tracks. Each comes once at
         *     the beginning, and then as soon as the version is another one: by whoever, through whichever query engine on the
         *     same stores, within about a second. Several changes may come as one event. The stream ends when the project is
         *     removed.
         */
        get: operations["followChanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/activity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the workers do, live (server-sent events)
         * @description The first event is `snapshot` with the state so far (as in `/api/v1/activity/state`), then each `activity` carries
         *     what happened since (api/messages/activity.schema.json), and each `queues` the depths of the queues when they
         *     have changed (`{"queues": […]}`, at most once a second, without an id). A client that reads too slowly, or comes
         *     back with an id that is no longer kept, gets a new `snapshot`. Event ids can be sent as `Last-Event-ID`; they mean
         *     the same to every query engine on the same queue, so that a client may go on with another one.
         */
        get: operations["followActivity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/activity/state": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the workers have done so far
         * @description What a worker has done, it counts itself. The counts of videos and the totals are of what this query engine has
         *     heard of, since `totals.since_us`: of one that was started later they may be smaller. How far a video is says
         *     `/api/v1/videos/{v}`.
         */
        get: operations["getActivityState"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The workers that were heard of lately */
        get: operations["listWorkers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Work that failed for good, with the reason */
        get: operations["listDeadLetters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dead-letters/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Try it again */
        post: operations["retryDeadLetter"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/server": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What this server is and what it takes */
        get: operations["getServer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Exchange the token for a cookie, for browsers */
        post: operations["startSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["getContract"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the process is alive */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether all stores answer */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Metrics in Prometheus' text format */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        ProjectName: string;
        VideoId: string;
        FrameId: string;
        ObjectId: string;
        TrackId: string;
        /** Format: date-time */
        Time: string;
        /** @description x, y, width and height in pixels of the upright frame */
        Box: number[];
        Problem: {
            type: string;
            title: string;
            status: number;
            detail: string;
            code?: string;
            /** @description Where a change of labels was made for an older version, the version that they are at now */
            version?: number;
            /** @description Beside `version`, who made the last change; null where no name was given */
            by?: string | null;
            /**
             * @description The field of the request that is wrong: of the body (`filters.videos` inside another), of the query, or of the
             *     path, where it is `project`, `video`, `frame`, `object`, `label`, `name` or `id`. `source` for an upload's bytes.
             */
            field?: string;
        };
        Project: {
            name: components["schemas"]["ProjectName"];
            created_at: components["schemas"]["Time"];
            deleting: boolean;
            videos: number;
            frames: number;
            objects: number;
        };
        ProjectList: {
            projects: components["schemas"]["Project"][];
            next_cursor: string | null;
        };
        ClassList: {
            classes: {
                name: string;
                objects: number;
            }[];
        };
        Submission: {
            /** @description A URL of a video file or of a page that shows one, or a path or `file:` URL on the server */
            source: string;
            /** @description What to show it as, at most 511 bytes of UTF-8; by default the file's name or the page's title */
            name?: string;
            /** @default 10 */
            chunk_seconds?: number;
            limit_seconds?: number | null;
            /**
             * @description Frames per second to look at, or `all`
             * @default 5
             */
            fps?: number | string;
        };
        /** @enum {string} */
        VideoState: "queued" | "running" | "done" | "incomplete" | "failed" | "cancelled" | "deleting";
        Media: {
            title: string;
            container: string;
            codec: string;
            /** @description Of what the stream serves; null until it is known */
            mime_type: string | null;
            width: number;
            height: number;
            sample_aspect_ratio: number[];
            /** @enum {integer} */
            rotation: 0 | 90 | 180 | 270;
            has_audio: boolean;
            duration_us: number;
            media_offset_us: number;
            size_bytes: number;
            frame_rate: number;
        };
        Progress: {
            split_done: boolean;
            segments: number;
            segments_done: number;
            frames_expected: number | null;
            frames_emitted: number;
            frames_indexed: number;
            frames_failed: number;
            objects: number;
            /** @description Objects followed through the video; 0 until it was tracked */
            tracks: number;
            /** @description Whether its objects were followed since it ended */
            tracked: boolean;
        };
        Video: {
            id: components["schemas"]["VideoId"];
            project: components["schemas"]["ProjectName"];
            name: string;
            /** @description Where it came from. Values of parameters that are called like secrets (`token`, `X-Amz-Signature`) are shown as "…"; the video itself is fetched and resumed with them */
            source: string;
            state: components["schemas"]["VideoState"];
            chunk_seconds: number;
            limit_seconds: number | null;
            fps: number | "all";
            created_at: components["schemas"]["Time"];
            updated_at: components["schemas"]["Time"];
            finished_at: components["schemas"]["Time"] | null;
            media: components["schemas"]["Media"];
            progress: components["schemas"]["Progress"];
            models: {
                detector: string | null;
                embedder: string | null;
            };
            source_incomplete: boolean;
            /** @description Whether `…/image` has a picture */
            thumbnail: boolean;
            /** @description Whether `…/resume` may bring what is missing. False too where each of its errors ends the same way however often it is tried: a file that is no video, a codec that is not supported, a video that was deleted on its site */
            resumable: boolean;
            errors_count: number;
            /** @description Sentences; the first 50 */
            errors: string[];
        };
        VideoList: {
            videos: components["schemas"]["Video"][];
            next_cursor: string | null;
        };
        Segment: {
            index: number;
            start_us: number;
            end_us: number;
            source_frames: number;
            done: boolean;
            frames: number;
        };
        SegmentList: {
            segments: components["schemas"]["Segment"][];
            next_cursor: string | null;
        };
        /**
         * @description True where somebody said that the object is not of its class: a negative of a label that is called like the class.
         *     Filters by class leave it out. Absent otherwise.
         * @constant
         */
        ClassRefused: true;
        /** @enum {string} */
        FrameState: "emitted" | "indexed" | "failed";
        /** @description Null for an object without a label */
        Label: null | {
            name: string;
            /** @enum {string} */
            kind: "explicit" | "probable";
            score: number;
        };
        Object: {
            id: components["schemas"]["ObjectId"];
            box: components["schemas"]["Box"];
            /** @description What the detector took it for */
            class: string;
            class_refused?: components["schemas"]["ClassRefused"];
            /** @description The detector's, 0 to 1 */
            score: number;
            track: components["schemas"]["TrackOrNull"];
            label: components["schemas"]["Label"];
        };
        /** @description One object, followed from frame to frame */
        Track: {
            id: components["schemas"]["TrackId"];
            video: components["schemas"]["VideoId"];
            /** @description By vote of its objects */
            class: string;
            class_refused?: components["schemas"]["ClassRefused"];
            /** @description Mean of the detector's, 0 to 1 */
            score: number;
            /** @description Frames it was seen in */
            objects: number;
            first_us: number;
            last_us: number;
            first_frame: components["schemas"]["FrameId"];
            last_frame: components["schemas"]["FrameId"];
            /** @description The object that shows it best */
            best: components["schemas"]["ObjectId"];
            /** @description The object that looks most like all of them together, nearest to the mean of their embeddings */
            typical: components["schemas"]["ObjectId"];
            label: components["schemas"]["Label"];
        };
        TrackList: {
            tracks: components["schemas"]["Track"][];
            next_cursor: string | null;
        };
        TrackObjectList: {
            objects: {
                id: components["schemas"]["ObjectId"];
                frame: components["schemas"]["FrameId"];
                index: number;
                pts_us: number;
                box: components["schemas"]["Box"];
                class: string;
                score: number;
            }[];
            next_cursor: string | null;
        };
        TrackBoxList: {
            boxes: {
                pts_us: number;
                box: components["schemas"]["Box"];
                /** @description The object whose box it is; null for one on the way between two */
                object: components["schemas"]["ObjectId"] | null;
            }[];
            next_cursor: string | null;
        };
        TrackOrNull: components["schemas"]["TrackId"] | null;
        CorrectionVersion: number;
        /** @description One correction of a video's tracks */
        CorrectionStep: {
            id: number;
            /** @enum {string} */
            kind: "split" | "merge" | "give" | "undo" | "redo";
            /**
             * @description Of an undo or redo the kind of the correction that it took back or made again; else `kind`
             * @enum {string}
             */
            about: "split" | "merge" | "give";
            /** @description Of an undo or redo the id of that correction */
            step: number | null;
            /** @description What it was said of when it was made (split, merge), or the track of the first object given */
            track: components["schemas"]["TrackOrNull"];
            /** @description The track that got the objects (merge, give); null for a new one */
            other: components["schemas"]["TrackOrNull"];
            /** @description The new track it makes (split, give); null where it makes none, is undone or passed over */
            made: components["schemas"]["TrackOrNull"];
            /** @description How many were given; 0 for a split or merge */
            objects: number;
            /** @description The time in the video of the split, or of the first object it is about */
            time_us: number;
            at: components["schemas"]["Time"];
            /** @description `at` in microseconds since 1970 (UTC) */
            at_us: number;
            by: string | null;
            undone: boolean;
            /** @description When it was undone; null where it is not */
            undone_at: components["schemas"]["Time"] | null;
            /**
             * @description Why it could not be applied to the tracks that there are now, as a sentence; null where it was, and of what
             *     is undone, and of an undo or redo
             */
            passed_over: string | null;
        };
        /** @description What undoing would take back, or redoing would make again */
        CorrectionOrNull: components["schemas"]["CorrectionStep"] | null;
        Correction: {
            version: components["schemas"]["CorrectionVersion"];
            step: components["schemas"]["CorrectionStep"];
            /** @description The tracks that lost or got objects, as they are now, by their numbers */
            tracks: components["schemas"]["Track"][];
            /** @description Those that have no objects any more */
            removed: components["schemas"]["TrackId"][];
            undo: components["schemas"]["CorrectionOrNull"];
            redo: components["schemas"]["CorrectionOrNull"];
        };
        CorrectionList: {
            steps: components["schemas"]["CorrectionStep"][];
            next_cursor: string | null;
            version: components["schemas"]["CorrectionVersion"];
            undo: components["schemas"]["CorrectionOrNull"];
            redo: components["schemas"]["CorrectionOrNull"];
        };
        ObjectDetails: {
            id: components["schemas"]["ObjectId"];
            box: components["schemas"]["Box"];
            class: string;
            class_refused?: components["schemas"]["ClassRefused"];
            score: number;
            track: components["schemas"]["TrackOrNull"];
            label: components["schemas"]["Label"];
            project: components["schemas"]["ProjectName"];
            video: components["schemas"]["VideoId"];
            frame: components["schemas"]["FrameId"];
            index: number;
            pts_us: number;
            frame_width: number;
            frame_height: number;
        };
        Frame: {
            id: components["schemas"]["FrameId"];
            index: number;
            pts_us: number;
            width: number;
            height: number;
            state: components["schemas"]["FrameState"];
            objects: components["schemas"]["Object"][];
        };
        FrameList: {
            frames: components["schemas"]["Frame"][];
            next_cursor: string | null;
        };
        /**
         * @description `object`, `track`, `image` and `positive` say what to look for. Without any of them, `filters.classes` lists the objects of
         *     these classes, those that the detector was surest of first: the score of a hit is the detector's then.
         */
        Search: {
            project: components["schemas"]["ProjectName"];
            object?: components["schemas"]["ObjectId"];
            /** @description What looks like the mean of its objects, which are no hits themselves */
            track?: components["schemas"]["TrackId"];
            /** @description A picture (JPEG, PNG, WebP, GIF, BMP) as Base64 or as a data URL */
            image?: string;
            /** @description Answered with an error as long as no text encoder is installed */
            text?: string;
            positive?: components["schemas"]["ObjectId"][];
            negative?: components["schemas"]["ObjectId"][];
            filters?: {
                videos?: components["schemas"]["VideoId"][];
                /** @description The detector's, without objects that somebody said are not of theirs */
                classes?: string[];
                labels?: string[];
                exclude?: components["schemas"]["ObjectId"][];
                min_score?: number;
            };
            /** @default 20 */
            limit?: number;
            /** @default 0 */
            offset?: number;
            /** @default false */
            per_track?: boolean;
        };
        Hit: {
            object: components["schemas"]["ObjectId"];
            /** @description Cosine similarity, -1 to 1 */
            score: number;
            /** @description Of labels and suggestions: how sure it is */
            confidence?: number;
            video: components["schemas"]["VideoId"];
            frame: components["schemas"]["FrameId"];
            index: number;
            pts_us: number;
            frame_width: number;
            frame_height: number;
            box: components["schemas"]["Box"];
            class: string;
            class_refused?: components["schemas"]["ClassRefused"];
            detector_score: number;
            track: components["schemas"]["TrackOrNull"];
            followed?: components["schemas"]["Followed"];
            label: components["schemas"]["Label"];
        };
        /** @description Of a search's hits that stand for their tracks (`per_track`): where else the same object was seen. Of what carries a label, explicitly or probably (a label's objects, assertions): which part of its track does. That is all of it but what was said to be something else; where a yes and a no divide the track, it is what carries the label up to the next object that was said to be something else. Absent without a track, and of what was said not to be it. */
        Followed: {
            /** @description Frames it was seen in, or carries the label in */
            objects: number;
            first_us: number;
            last_us: number;
        };
        HitList: {
            hits: components["schemas"]["Hit"][];
            /** @description Whether further hits come after these */
            more: boolean;
        };
        /** @description 1 to 100 characters, without control characters and without space at the ends */
        LabelName: string;
        LabelVersion: number;
        /** @description Who says it */
        Editor: string;
        /** @description At least one object in all. */
        Examples: {
            positive?: components["schemas"]["ObjectId"][];
            negative?: components["schemas"]["ObjectId"][];
            /** @description What was said about these is taken back */
            clear?: components["schemas"]["ObjectId"][];
            version?: components["schemas"]["LabelVersion"];
            by?: components["schemas"]["Editor"];
        };
        LabelSummary: {
            name: components["schemas"]["LabelName"];
            /** @description Objects that were said to be it */
            positives: number;
            /** @description Objects that were said not to be it */
            negatives: number;
            /** @description Objects that carry it, with those of the same tracks */
            explicit: number;
            /** @description Objects that probably are it */
            probable: number;
            /** @description The similarity from which an object is probable */
            threshold: number | null;
            /** @description An object to show it by */
            example: components["schemas"]["ObjectId"] | null;
            created_at: components["schemas"]["Time"];
            updated_at: components["schemas"]["Time"];
        };
        Step: {
            id: number;
            /** @enum {string} */
            kind: "examples" | "rename" | "merge" | "delete" | "undo" | "redo" | "import" | "keep";
            /** @description Empty for an import of several labels */
            label: string;
            /** @description How many labels it is about: several for an import only */
            labels: number;
            /** @description The other name of a rename or merge */
            other: string | null;
            positive: number;
            negative: number;
            cleared: number;
            at: components["schemas"]["Time"];
            by: string | null;
            undone: boolean;
            /** @description When it was undone; null where it is not */
            undone_at: components["schemas"]["Time"] | null;
        };
        /** @description What undoing would take back, or redoing would do again */
        StepOrNull: components["schemas"]["Step"] | null;
        StepList: {
            steps: components["schemas"]["Step"][];
            next_cursor: string | null;
        };
        /** @description COCO's object detection format, with what is Framehound's own beside it */
        CocoFile: {
            info: Record<string, never>;
            licenses: unknown[];
            videos: {
                id: components["schemas"]["VideoId"];
                name: string;
                width: number;
                height: number;
                duration_us: number;
            }[];
            images: {
                id: number;
                file_name: string;
                width: number;
                height: number;
                video: components["schemas"]["VideoId"];
                frame_index: number;
                pts_us: number;
            }[];
            annotations: {
                id: number;
                image_id: number;
                category_id: number;
                bbox: number[];
                area: number;
                segmentation: unknown[];
                iscrowd: number;
                attributes: {
                    object_id: components["schemas"]["ObjectId"];
                    /**
                     * @description Whose word it is, that of this very object, of another one of its track, or nobody's
                     * @enum {string}
                     */
                    kind: "explicit" | "track" | "probable" | "class";
                    class: string;
                    /** @description The detector's */
                    score: number;
                    track_id?: string;
                    /** @description How sure a probable label is */
                    label_score?: number;
                };
            }[];
            /** @description What objects are said not to be */
            negatives: {
                image_id: number;
                object_id: components["schemas"]["ObjectId"];
                bbox: number[];
                label: string;
            }[];
            categories: {
                id: number;
                name: string;
                supercategory: string;
            }[];
        };
        Imported: {
            dry_run: boolean;
            /** @description That give an object a label */
            entries: number;
            matched: number;
            unmatched: number;
            /**
             * @description Matched by their boxes, which another object has too that no entry means: taken for the one that the detector
             *     was surest of
             */
            ambiguous: number;
            /** @description Probable labels, classes, crowds, and rows that do not count */
            passed_over: number;
            /** @description Matched */
            unchanged: number;
            /** @description Objects that were said to be something else before */
            moved: number;
            labels: {
                name: components["schemas"]["LabelName"];
                /** @description The label was not there */
                made: boolean;
                /** @description Newly said */
                positives: number;
                negatives: number;
            }[];
            /** @description Sentences about the first entries that match nothing */
            problems: string[];
            /** @description The first of the videos that the file is about and the project does not have */
            others: {
                video: components["schemas"]["VideoId"];
                entries: number;
                /**
                 * @description The video of the project that looks like the same clip: of a few entries most boxes are there at the same
                 *     times.
                 *     Whoever knows that it is says so with `same`.
                 */
                same: components["schemas"]["VideoId"] | null;
            }[];
            version: components["schemas"]["LabelVersion"];
            /** @description The labelling step; null where nothing was done */
            step: number | null;
        };
        LabelList: {
            labels: components["schemas"]["LabelSummary"][];
            version: components["schemas"]["LabelVersion"];
            undo: components["schemas"]["StepOrNull"];
            redo: components["schemas"]["StepOrNull"];
        };
        LabelChange: {
            version: components["schemas"]["LabelVersion"];
            /** @description What was done; null when all was so already */
            step: components["schemas"]["Step"] | null;
            /** @description The label as it is now; null when it is gone */
            label: components["schemas"]["LabelSummary"] | null;
            undo: components["schemas"]["StepOrNull"];
            redo: components["schemas"]["StepOrNull"];
        };
        /** @description A label said of an object, or one that it probably has */
        Assertion: {
            label: components["schemas"]["LabelName"];
            /**
             * @description Said to be it, said not to be it, or probably it
             * @enum {string}
             */
            kind: "explicit" | "negative" | "probable";
            /** @description How sure it is; 1 for what was said */
            score: number;
            /** @description Who said it; null where no name was given */
            by: string | null;
            /** @description When it was said; null for what is probable */
            at: components["schemas"]["Time"] | null;
            /** @description The step of the history in which it was said */
            step: number | null;
            hit: components["schemas"]["Hit"];
        };
        Mistake: {
            assertion: components["schemas"]["Assertion"];
            /** @description How probably it is a mistake */
            score: number;
            /**
             * @description Said to be it, and looks like another label; said to be it, and looks like what was said not to be; said not to
             *     be it, and looks like it
             * @enum {string}
             */
            reason: "other_label" | "like_no" | "like_yes";
            /** @description The reason as a sentence */
            detail: string;
            /** @description The label it looks like; null for like_no */
            likely: string | null;
            /** @description The nearest object that agrees */
            own: components["schemas"]["Evidence"];
            /** @description The nearest object that speaks against it */
            other: components["schemas"]["Evidence"];
            /** @description Further objects of which the same was said, that follow this one and are mistaken if it is */
            alike: components["schemas"]["ObjectId"][];
        };
        Evidence: null | {
            object: components["schemas"]["ObjectId"];
            /** @description Cosine similarity, -1 to 1 */
            similarity: number;
        };
        MistakeList: {
            mistakes: components["schemas"]["Mistake"][];
            next_cursor: string | null;
            version: components["schemas"]["LabelVersion"];
            /** @description Assertions that were compared */
            examined: number;
            /** @description Assertions there are */
            assertions: number;
        };
        AssertionList: {
            assertions: components["schemas"]["Assertion"][];
            next_cursor: string | null;
        };
        Candidates: {
            /** @description What changes most by the answer, in turn with the surest of what nobody has confirmed; one of each track, and no two much alike. */
            candidates: components["schemas"]["Hit"][];
            /** @description Nothing is left that is worth asking about */
            settled: boolean;
            /** @description Of the objects that carry the label, explicit or probable, the share that is expected to be right, in the whole project; null when not enough was said to tell */
            precision: number | null;
            /** @description How many objects are expected to be it and do not carry the label, in the whole project; null when not enough was said to tell */
            missing: number | null;
        };
        /** @description Arrays with one number per part. */
        Timeline: {
            from_us: number;
            to_us: number;
            /** @description Sampled frames, whatever their state */
            frames: number[];
            objects: number[];
            /** @description Objects that carry the label */
            explicit?: number[];
            /** @description Objects that probably are it */
            probable?: number[];
            /** @description Objects of the track */
            track?: number[];
        };
        Server: {
            version: string;
            token_required: boolean;
            /** @description Whether this client may name paths on the server's machine */
            local: boolean;
            upload_bytes_max: number;
            picture_bytes_max: number;
            text_search: boolean;
            defaults: {
                chunk_seconds: number;
                fps: number;
            };
        };
        DeadLetter: {
            id: number;
            topic: string;
            /** @description Of its video; null where the work does not say */
            project: string | null;
            key: string;
            reason: string;
            attempts: number;
            failed_at: components["schemas"]["Time"];
        };
        DeadLetterList: {
            dead_letters: components["schemas"]["DeadLetter"][];
            next_cursor: string | null;
        };
        Readiness: {
            /** @enum {string} */
            status: "ok" | "unavailable";
            /** @description By store, "ok" or what is wrong with it. Left out without the token, where one is wanted */
            checks?: {
                [key: string]: string;
            };
        };
        Worker: {
            id: string;
            part: string;
            /**
             * @description `lost`: not heard of for ten seconds
             * @enum {string}
             */
            state: "busy" | "idle" | "stopped" | "lost";
            video?: components["schemas"]["VideoId"];
            segment?: number;
            /** @description Wall clock */
            started_us: number;
            /** @description Wall clock */
            seen_us: number;
            /** @description Frames a second, of late */
            rate: number;
            emitted: number;
            indexed: number;
            failed: number;
            objects: number;
            segments: number;
            stage_us: components["schemas"]["Stages"];
            host?: string;
            pid?: number;
            rss_bytes?: number;
            cpu_us?: number;
        };
        /** @description Microseconds spent on each stage */
        Stages: {
            [key: string]: number;
        };
        WorkerList: {
            workers: components["schemas"]["Worker"][];
        };
        ActivityEvent: {
            at_us: number;
            /** @enum {string} */
            kind: "video" | "progress" | "segment_split" | "segment_done" | "segment_failed" | "frame_emitted" | "frame_indexed" | "frame_failed" | "error" | "tracked";
            worker?: string;
            video?: components["schemas"]["VideoId"];
            segment?: number;
            frame?: number;
            count?: number;
            done?: number;
            total?: number;
            stage_us?: components["schemas"]["Stages"];
            text?: string;
        };
        VideoActivity: {
            video: components["schemas"]["VideoId"];
            state?: components["schemas"]["VideoState"];
            seen_us: number;
            segments_split: number;
            segments_done: number;
            segments_failed: number;
            emitted: number;
            indexed: number;
            failed: number;
            objects: number;
            progress?: {
                text: string;
                done: number;
                /** @description -1: not known */
                total: number;
            };
        };
        ActivityState: {
            /** @description The newest event that is counted in */
            id: number;
            at_us: number;
            workers: components["schemas"]["Worker"][];
            videos: components["schemas"]["VideoActivity"][];
            /** @description Of late: first what is not about single frames, then frames; each oldest first */
            recent: components["schemas"]["ActivityEvent"][];
            errors: components["schemas"]["ActivityEvent"][];
            totals: {
                [key: string]: number;
            };
            queues: components["schemas"]["QueueDepth"][];
        };
        /** @description How much work waits between two parts */
        QueueDepth: {
            topic: string;
            /** @description Messages nobody works on yet, those that wait for another attempt included */
            waiting: number;
            /** @description Messages being worked on */
            leased: number;
        };
    };
    responses: {
        /** @description Where media are kept in a bucket and the server is told so (`--media presigned`): the bytes are to be had, with ranges and without further credentials, from this address for some hours. */
        Elsewhere: {
            headers: {
                Location?: string;
                [name: string]: unknown;
            };
            content?: never;
        };
        /** @description What went wrong */
        Problem: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        Project: components["schemas"]["ProjectName"];
        Video: components["schemas"]["VideoId"];
        Frame: components["schemas"]["FrameId"];
        Object: components["schemas"]["ObjectId"];
        /** @description The label's name; upper and lower case and Unicode forms make no difference */
        LabelName: components["schemas"]["LabelName"];
        ExchangeFormat: "coco" | "yolo" | "csv" | "mot";
        /** @description `version` of the labels this is based on; somebody else's change since then is a conflict */
        Version: components["schemas"]["LabelVersion"];
        Track: components["schemas"]["TrackId"];
        /** @description `version` of the corrections this is based on; somebody else's since then is a conflict */
        CorrectionVersion: components["schemas"]["CorrectionVersion"];
        Editor: components["schemas"]["Editor"];
        /** @description How many to pass over */
        Offset: number;
        /** @description At most this many */
        Limit: number;
        /** @description `next_cursor` of the page before */
        VideoCursor: components["schemas"]["VideoId"];
        /** @description `next_cursor` of the page before */
        IndexCursor: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listProjects: {
        parameters: {
            query?: {
                /** @description At most this many */
                limit?: components["parameters"]["Limit"];
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of projects */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createProject: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: components["schemas"]["ProjectName"];
                };
            };
        };
        responses: {
            /** @description The project was there already */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getProject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                p: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The project */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteProject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                p: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listClasses: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                p: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The classes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listProjectVideos: {
        parameters: {
            query?: {
                /** @description At most this many */
                limit?: components["parameters"]["Limit"];
                /** @description `next_cursor` of the page before */
                cursor?: components["parameters"]["VideoCursor"];
            };
            header?: never;
            path: {
                p: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of videos */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VideoList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    submitVideo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                p: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Submission"];
            };
        };
        responses: {
            /** @description Accepted; the video's state tells how it goes on */
            202: {
                headers: {
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Video"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    uploadVideo: {
        parameters: {
            query?: {
                chunk_seconds?: number;
                limit_seconds?: number;
                fps?: string;
            };
            header?: never;
            path: {
                p: components["parameters"]["Project"];
                /** @description The file's name, to show it by; what a terminal would obey in it is replaced */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": unknown;
                "video/*": unknown;
            };
        };
        responses: {
            /** @description Stored and accepted */
            202: {
                headers: {
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Video"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listVideos: {
        parameters: {
            query?: {
                /** @description At most this many */
                limit?: components["parameters"]["Limit"];
                /** @description `next_cursor` of the page before */
                cursor?: components["parameters"]["VideoCursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of videos */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VideoList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getVideo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                v: components["parameters"]["Video"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The video */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Video"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteVideo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                v: components["parameters"]["Video"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    cancelVideo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                v: components["parameters"]["Video"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The video, cancelled */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Video"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    resumeVideo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                v: components["parameters"]["Video"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The video, running again */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Video"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    renameVideo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                v: components["parameters"]["Video"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Without control characters, line breaks and marks that turn the text's direction */
                    name: string;
                };
            };
        };
        responses: {
            /** @description The video, with its new name */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Video"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listSegments: {
        parameters: {
            query?: {
                /** @description At most this many */
                limit?: components["parameters"]["Limit"];
                /** @description `next_cursor` of the page before */
                cursor?: components["parameters"]["IndexCursor"];
            };
            header?: never;
            path: {
                v: components["parameters"]["Video"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of segments */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SegmentList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listFrames: {
        parameters: {
            query?: {
                /** @description Frames at or after this time */
                from_us?: number;
                /** @description Frames before this time */
                to_us?: number;
                state?: components["schemas"]["FrameState"];
                /** @description At most this many */
                limit?: components["parameters"]["Limit"];
                /** @description `next_cursor` of the page before */
                cursor?: components["parameters"]["IndexCursor"];
            };
            header?: never;
            path: {
                v: components["parameters"]["Video"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of frames */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FrameList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listTracks: {
        parameters: {
            query?: {
                /** @description At most this many */
                limit?: components["parameters"]["Limit"];
                /** @description `next_cursor` of the page before */
                cursor?: components["parameters"]["IndexCursor"];
            };
            header?: never;
            path: {
                v: components["parameters"]["Video"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of tracks */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    makeTrack: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                v: components["parameters"]["Video"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    objects: components["schemas"]["ObjectId"][];
                    version?: components["schemas"]["CorrectionVersion"];
                    by?: components["schemas"]["Editor"];
                };
            };
        };
        responses: {
            /** @description What was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Correction"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getTrack: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                t: components["parameters"]["Track"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The track */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Track"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    splitTrack: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                t: components["parameters"]["Track"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Microseconds from the video's first frame */
                    at_us: number;
                    version?: components["schemas"]["CorrectionVersion"];
                    by?: components["schemas"]["Editor"];
                };
            };
        };
        responses: {
            /** @description What was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Correction"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    mergeTrack: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                t: components["parameters"]["Track"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    into: components["schemas"]["TrackId"];
                    version?: components["schemas"]["CorrectionVersion"];
                    by?: components["schemas"]["Editor"];
                };
            };
        };
        responses: {
            /** @description What was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Correction"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listTrackObjects: {
        parameters: {
            query?: {
                /** @description At most this many */
                limit?: components["parameters"]["Limit"];
                /** @description `next_cursor` of the page before */
                cursor?: components["parameters"]["IndexCursor"];
            };
            header?: never;
            path: {
                t: components["parameters"]["Track"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of objects */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackObjectList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    giveObjects: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                t: components["parameters"]["Track"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    objects: components["schemas"]["ObjectId"][];
                    version?: components["schemas"]["CorrectionVersion"];
                    by?: components["schemas"]["Editor"];
                };
            };
        };
        responses: {
            /** @description What was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Correction"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listTrackBoxes: {
        parameters: {
            query?: {
                /** @description Boxes at or after this time */
                from_us?: number;
                /** @description Boxes before this time */
                to_us?: number;
                step_us?: number;
                /** @description At most this many */
                limit?: components["parameters"]["Limit"];
                /** @description `next_cursor` of the page before */
                cursor?: components["parameters"]["IndexCursor"];
            };
            header?: never;
            path: {
                t: components["parameters"]["Track"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of boxes, in the order of time */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackBoxList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listCorrections: {
        parameters: {
            query?: {
                /** @description At most this many */
                limit?: components["parameters"]["Limit"];
                /** @description `next_cursor` of the page before */
                cursor?: components["parameters"]["IndexCursor"];
            };
            header?: never;
            path: {
                v: components["parameters"]["Video"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of corrections */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CorrectionList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    undoCorrection: {
        parameters: {
            query?: {
                /** @description `version` of the corrections this is based on; somebody else's since then is a conflict */
                version?: components["parameters"]["CorrectionVersion"];
                by?: components["parameters"]["Editor"];
            };
            header?: never;
            path: {
                v: components["parameters"]["Video"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Correction"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    redoCorrection: {
        parameters: {
            query?: {
                /** @description `version` of the corrections this is based on; somebody else's since then is a conflict */
                version?: components["parameters"]["CorrectionVersion"];
                by?: components["parameters"]["Editor"];
            };
            header?: never;
            path: {
                v: components["parameters"]["Video"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Correction"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getTimeline: {
        parameters: {
            query?: {
                from_us?: number;
                /** @description By default the end of the video, or of what is known of it so far */
                to_us?: number;
                /** @description Into how many equal parts the time is divided */
                buckets?: number;
                /** @description Count the objects of this label too */
                label?: components["schemas"]["LabelName"];
                /** @description Count the objects of this track too */
                track?: components["schemas"]["TrackId"];
            };
            header?: never;
            path: {
                v: components["parameters"]["Video"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Counts per part */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Timeline"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getVideoImage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                v: components["parameters"]["Video"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A JPEG */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": unknown;
                };
            };
            307: components["responses"]["Elsewhere"];
            default: components["responses"]["Problem"];
        };
    };
    streamVideo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                v: components["parameters"]["Video"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/*": unknown;
                };
            };
            /** @description The range asked for */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/*": unknown;
                };
            };
            307: components["responses"]["Elsewhere"];
            /** @description The range lies beyond the end */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    getFrame: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                f: components["parameters"]["Frame"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The frame */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Frame"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getFrameImage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                f: components["parameters"]["Frame"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A JPEG */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": unknown;
                };
            };
            307: components["responses"]["Elsewhere"];
            default: components["responses"]["Problem"];
        };
    };
    getObject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                o: components["parameters"]["Object"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The object */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ObjectDetails"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getObjectImage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                o: components["parameters"]["Object"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A JPEG */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": unknown;
                };
            };
            307: components["responses"]["Elsewhere"];
            default: components["responses"]["Problem"];
        };
    };
    putObjectTrack: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                o: components["parameters"]["Object"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    track: components["schemas"]["TrackOrNull"];
                    version?: components["schemas"]["CorrectionVersion"];
                    by?: components["schemas"]["Editor"];
                };
            };
        };
        responses: {
            /** @description What was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Correction"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listSimilar: {
        parameters: {
            query?: {
                /** @description At most this many */
                limit?: components["parameters"]["Limit"];
                /** @description How many of the best hits to pass over */
                offset?: number;
                min_score?: number;
                scope?: "video" | "project";
                /** @description Only the best hit of each track */
                per_track?: boolean;
                /** @description Only objects the detector called this, without those that somebody said are not */
                class?: string;
                /** @description Only objects with this label */
                label?: string;
            };
            header?: never;
            path: {
                o: components["parameters"]["Object"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Hits, best first; the object itself is none */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HitList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    search: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Search"];
            };
        };
        responses: {
            /** @description Hits, best first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HitList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listLabels: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                p: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The labels */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteLabel: {
        parameters: {
            query?: {
                /** @description `version` of the labels this is based on; somebody else's change since then is a conflict */
                version?: components["parameters"]["Version"];
                by?: components["parameters"]["Editor"];
            };
            header?: never;
            path: {
                p: components["parameters"]["Project"];
                /** @description The label's name; upper and lower case and Unicode forms make no difference */
                l: components["parameters"]["LabelName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelChange"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    addExamples: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                p: components["parameters"]["Project"];
                /** @description The label's name; upper and lower case and Unicode forms make no difference */
                l: components["parameters"]["LabelName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Examples"];
            };
        };
        responses: {
            /** @description What was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelChange"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    removeExample: {
        parameters: {
            query?: {
                /** @description `version` of the labels this is based on; somebody else's change since then is a conflict */
                version?: components["parameters"]["Version"];
                by?: components["parameters"]["Editor"];
            };
            header?: never;
            path: {
                p: components["parameters"]["Project"];
                /** @description The label's name; upper and lower case and Unicode forms make no difference */
                l: components["parameters"]["LabelName"];
                o: components["parameters"]["Object"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelChange"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    keepAssertions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                p: components["parameters"]["Project"];
                /** @description The label's name; upper and lower case and Unicode forms make no difference */
                l: components["parameters"]["LabelName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Each was said to be it, or not to be it */
                    objects: components["schemas"]["ObjectId"][];
                    version?: components["schemas"]["LabelVersion"];
                    by?: components["schemas"]["Editor"];
                };
            };
        };
        responses: {
            /** @description What was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelChange"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    renameLabel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                p: components["parameters"]["Project"];
                /** @description The label's name; upper and lower case and Unicode forms make no difference */
                l: components["parameters"]["LabelName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: components["schemas"]["LabelName"];
                    version?: components["schemas"]["LabelVersion"];
                    by?: components["schemas"]["Editor"];
                };
            };
        };
        responses: {
            /** @description What was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelChange"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    mergeLabel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                p: components["parameters"]["Project"];
                /** @description The label's name; upper and lower case and Unicode forms make no difference */
                l: components["parameters"]["LabelName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    into: components["schemas"]["LabelName"];
                    version?: components["schemas"]["LabelVersion"];
                    by?: components["schemas"]["Editor"];
                };
            };
        };
        responses: {
            /** @description What was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelChange"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listLabelObjects: {
        parameters: {
            query?: {
                kind?: "explicit" | "probable" | "negative";
                /** @description Only objects of this video */
                video?: components["schemas"]["VideoId"];
                /** @description At most this many */
                limit?: components["parameters"]["Limit"];
                /** @description How many to pass over */
                offset?: components["parameters"]["Offset"];
            };
            header?: never;
            path: {
                p: components["parameters"]["Project"];
                /** @description The label's name; upper and lower case and Unicode forms make no difference */
                l: components["parameters"]["LabelName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of objects */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HitList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listCandidates: {
        parameters: {
            query?: {
                /** @description Only objects of this video */
                video?: components["schemas"]["VideoId"];
                /** @description At most this many */
                limit?: components["parameters"]["Limit"];
            };
            header?: never;
            path: {
                p: components["parameters"]["Project"];
                /** @description The label's name; upper and lower case and Unicode forms make no difference */
                l: components["parameters"]["LabelName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The best to ask first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Candidates"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    suggest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                p: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    positive: components["schemas"]["ObjectId"][];
                    negative?: components["schemas"]["ObjectId"][];
                    label?: components["schemas"]["LabelName"];
                    video?: components["schemas"]["VideoId"];
                    /**
                     * @description Only the surest object of each track
                     * @default false
                     */
                    per_track?: boolean;
                    /** @default 100 */
                    limit?: number;
                };
            };
        };
        responses: {
            /** @description Surest first; the examples themselves are none */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HitList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listAssertions: {
        parameters: {
            query?: {
                kind?: "explicit" | "probable" | "negative";
                /** @description Of this label; upper and lower case and Unicode forms make no difference */
                label?: components["schemas"]["LabelName"];
                /** @description Said by this person; empty for what nobody put a name to. Not with `probable` */
                by?: string;
                /** @description Said at this time or later, a time (RFC 3339) or a date (its beginning in UTC). Not with `probable` */
                from?: string;
                /** @description Said before this time. Not with `probable` */
                to?: string;
                /** @description Only objects of this video */
                video?: components["schemas"]["VideoId"];
                /** @description What the detector called it, also where somebody said that it is not */
                class?: string;
                /** @description Least `score`; what was said has 1 */
                min_score?: number;
                max_score?: number;
                /** @description At most this many */
                limit?: components["parameters"]["Limit"];
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                p: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of assertions */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssertionList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listMistakes: {
        parameters: {
            query?: {
                /** @description Only what was said of this label */
                label?: components["schemas"]["LabelName"];
                /** @description Least `score` */
                min_score?: number;
                /** @description At most this many */
                limit?: components["parameters"]["Limit"];
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                p: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of probable mistakes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MistakeList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listHistory: {
        parameters: {
            query?: {
                /** @description At most this many */
                limit?: components["parameters"]["Limit"];
                /** @description `next_cursor` of the page before */
                cursor?: components["parameters"]["IndexCursor"];
            };
            header?: never;
            path: {
                p: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of steps */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StepList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    undo: {
        parameters: {
            query?: {
                /** @description `version` of the labels this is based on; somebody else's change since then is a conflict */
                version?: components["parameters"]["Version"];
                by?: components["parameters"]["Editor"];
            };
            header?: never;
            path: {
                p: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelChange"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    redo: {
        parameters: {
            query?: {
                /** @description `version` of the labels this is based on; somebody else's change since then is a conflict */
                version?: components["parameters"]["Version"];
                by?: components["parameters"]["Editor"];
            };
            header?: never;
            path: {
                p: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelChange"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    exportLabels: {
        parameters: {
            query: {
                format: components["parameters"]["ExchangeFormat"];
                /** @description Only this video */
                video?: components["schemas"]["VideoId"];
                /** @description Only this label */
                label?: components["schemas"]["LabelName"];
                /**
                 * @description `explicit`: objects that carry a label; `probable`: also those that probably do, with how sure that is; `all`:
                 *     also all others, by what the detector called them, but for those that somebody said are not. The default is
                 *     `explicit`, of MOTChallenge `all`.
                 */
                kind?: "explicit" | "probable" | "all";
                /** @description Only objects that were followed; of MOTChallenge there are no others */
                tracks?: boolean;
                /** @description The frames' pictures too; not with CSV */
                images?: boolean;
                /** @description `all`: frames without such an object too, which MOTChallenge has in any case, and CSV cannot have */
                frames?: "labelled" | "all";
            };
            header?: never;
            path: {
                p: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    "Content-Disposition"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CocoFile"];
                    "text/csv": unknown;
                    "application/zip": unknown;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    importLabels: {
        parameters: {
            query: {
                format: components["parameters"]["ExchangeFormat"];
                /** @description The video that entries are about which say none */
                video?: components["schemas"]["VideoId"];
                /** @description What the file calls that video, where it is the same clip under another id */
                from?: components["schemas"]["VideoId"];
                /**
                 * @description Clips that the file calls otherwise: `FILE:OURS`, what the file calls it and what it is called here. A file of
                 *     another project or installation is not taken for the same clips by itself; `others` in the answer says which
                 *     look like them.
                 */
                same?: string[];
                /** @description The label of boxes without a name, as those of a gt.txt alone */
                label?: components["schemas"]["LabelName"];
                /** @description Overlap (intersection over union) from which a box is an object's */
                min_iou?: number;
                /** @description Refuse the file if anything in it matches nothing */
                strict?: boolean;
                /** @description Only say what would be done */
                dry_run?: boolean;
                by?: components["parameters"]["Editor"];
                /** @description `version` of the labels this is based on; somebody else's change since then is a conflict */
                version?: components["parameters"]["Version"];
            };
            header?: never;
            path: {
                p: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        /** @description The file, at most 1 GiB */
        requestBody: {
            content: {
                "application/octet-stream": unknown;
            };
        };
        responses: {
            /** @description What was done, or would be */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Imported"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    followChanges: {
        parameters: {
            query?: {
                /** @description follow the corrections of this video's tracks too */
                video?: components["schemas"]["VideoId"];
            };
            header?: never;
            path: {
                p: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A stream of events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    followActivity: {
        parameters: {
            query?: {
                last_event_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A stream of events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getActivityState: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActivityState"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listWorkers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Workers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listDeadLetters: {
        parameters: {
            query?: {
                /** @description At most this many */
                limit?: components["parameters"]["Limit"];
                /** @description `next_cursor` of the page before */
                cursor?: components["parameters"]["IndexCursor"];
                video?: components["schemas"]["VideoId"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of dead letters */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetterList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    retryDeadLetter: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Back in its queue */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetter"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getServer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Facts for clients */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Server"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    startSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    token: string;
                };
            };
        };
        responses: {
            /** @description The cookie is set */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    getContract: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "ok";
                        version: string;
                    };
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They do */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description They do not; the checks say which and why, to those who send the token (where there is one) */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Metrics */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": unknown;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
}
