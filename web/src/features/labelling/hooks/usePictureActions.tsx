import { useMemo } from 'react';
import { CheckIcon, CloseIcon, MinusIcon, TrackIcon } from '@/components/icons.tsx';
import { toast } from '@/components/toast.ts';
import type { PictureAction } from '../components/picture-actions.ts';
import { OF_ANOTHER_VIDEO } from '../model/corrections.ts';
import { useLabelling } from './useLabelling.ts';

export interface PictureActions {
    yes: PictureAction;
    no: PictureAction;
    takeOut: PictureAction;
    /** Null where nothing was followed. */
    give: PictureAction | null;
}

/** What a picture can be made: yes, no, or nothing; or another track's. */
export function usePictureActions(): PictureActions {
    const { add, dispatch, tracked, video, setPicking } = useLabelling();
    return useMemo(
        () => ({
            yes: {
                name: 'Yes',
                keys: ['p'],
                icon: <CheckIcon />,
                tone: 'positive',
                removes: false,
                run: pictures => add('positive', pictures),
            },
            no: {
                name: 'No',
                keys: ['n'],
                icon: <MinusIcon />,
                tone: 'negative',
                removes: false,
                run: pictures => add('negative', pictures),
            },
            takeOut: {
                name: 'Take out',
                keys: ['Delete', 'Backspace'],
                icon: <CloseIcon />,
                removes: true,
                run: pictures => dispatch({ type: 'take-out', pictures }),
            },
            give: tracked
                ? {
                      name: 'Give to a track…',
                      keys: ['g'],
                      icon: <TrackIcon />,
                      removes: false,
                      picks: true,
                      run: ([first, ...more]) => {
                          if (first === undefined) return;
                          const objects = [first, ...more] as const;
                          if (objects.every(picture => picture.video === video)) setPicking({ kind: 'give', objects });
                          else toast(OF_ANOTHER_VIDEO);
                      },
                  }
                : null,
        }),
        [add, dispatch, tracked, video, setPicking],
    );
}
