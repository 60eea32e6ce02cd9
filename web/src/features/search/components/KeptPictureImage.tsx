import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ImageIcon } from '@/components/icons.tsx';
import { pictureQuery } from '../api/queries.ts';
import styles from './QuestionHead.module.css';

/** The picture that is searched by; a sign in its place where there is none, or where it is no picture. */
export function KeptPictureImage({ id }: { id: string }) {
    const content = useQuery(pictureQuery(id)).data?.content;
    const [shown, setShown] = useState<{ content: Blob; url: string }>();
    const [failed, setFailed] = useState<Blob>();
    useEffect(() => {
        if (content === undefined) return;
        const url = URL.createObjectURL(content);
        // eslint-disable-next-line react-hooks/set-state-in-effect -- an address of the browser's, which has to be given back
        setShown({ content, url });
        return () => URL.revokeObjectURL(url);
    }, [content]);
    return (
        <span className={styles.picture}>
            {content !== undefined && shown?.content === content && failed !== content ? (
                <img src={shown.url} alt="Searched by" onError={() => setFailed(content)} />
            ) : (
                <ImageIcon size={24} />
            )}
        </span>
    );
}
