import { useMemo } from 'react';
import { CheckIcon, CloseIcon, MinusIcon } from '@/components/icons.tsx';
import type { PictureAction } from '../components/picture-actions.ts';
import { useLabelling } from './useLabelling.ts';

export interface PictureActions {
    yes: PictureAction;
    no: PictureAction;
    takeOut: PictureAction;
}

/** What a picture can be made: yes, no, or nothing. */
export function usePictureActions(): PictureActions {
    const { add, dispatch } = useLabelling();
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
        }),
        [add, dispatch],
    );
}
