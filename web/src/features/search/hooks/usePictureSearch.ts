// From a file that was chosen, dropped or pasted to the search by it.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { sentenceOf } from '@/api/problem.ts';
import { serverQuery } from '@/api/queries.ts';
import { toast } from '@/components/toast.ts';
import { paths } from '@/lib/paths.ts';
import { keepPicture } from '../api/pictures.ts';
import { pictureQuery } from '../api/queries.ts';
import { chosenFile } from '../model/picture.ts';

interface PictureSearch {
    /** `video`: only in this one. */
    searchBy: (files: readonly File[], project: string, video?: string) => void;
    busy: boolean;
}

export function usePictureSearch(): PictureSearch {
    const queries = useQueryClient();
    const navigate = useNavigate();
    const [busy, setBusy] = useState(false);

    async function search(file: File, project: string, video: string | undefined) {
        const server = await queries.query({ ...serverQuery(), staleTime: 'static' });
        const picture = await keepPicture(file, server.picture_bytes_max);
        queries.setQueryData(pictureQuery(picture.id).queryKey, picture);
        void navigate(paths.search(project, { picture: picture.id, video }));
    }

    function searchBy(files: readonly File[], project: string, video?: string) {
        const file = chosenFile(files);
        if (file === undefined || busy) return;
        setBusy(true);
        search(file, project, video)
            .then(() => {
                if (files.length > 1) toast(`Searching by ${file.name}: one picture at a time.`);
            })
            .catch((error: unknown) => toast(sentenceOf(error), { kind: 'error' }))
            .finally(() => setBusy(false));
    }

    return { searchBy, busy };
}
