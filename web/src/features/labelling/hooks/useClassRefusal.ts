// Refusing the detector's class: a no for the label that is called like the class.
import { tellError } from '@/api/tell-error.ts';
import { fetchNegatives } from '../api/queries.ts';
import { findLabel } from '../model/label-name.ts';
import type { Picture } from '../model/picture.ts';
import { useLabelling } from './useLabelling.ts';

export interface ClassRefusal {
    refused: boolean;
    refuse: () => void;
    takeBack: () => void;
}

/** Both show their own errors. */
export function useClassRefusal(picture: Picture): ClassRefusal {
    const { project, labels, changes } = useLabelling();
    const { object, video, track, class: className, class_refused: refused = false } = picture;
    const label = findLabel(labels.data?.labels ?? [], className)?.name ?? className;

    async function clear() {
        // It may have been said of another object of the track.
        const said = await fetchNegatives(project, label, video);
        const here = said.filter(hit => hit.object === object || (track !== null && hit.track === track));
        if (here.length > 0) await changes.say({ label, clear: here.map(hit => hit.object) });
        else await changes.refresh();
    }

    const telling = (done: Promise<unknown>) =>
        void done.catch((error: unknown) => tellError(error, 'Nothing was saved'));
    return {
        refused,
        refuse: () => telling(changes.say({ label, negative: [picture] })),
        takeBack: () => telling(clear()),
    };
}
