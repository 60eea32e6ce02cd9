import type { Schema } from '@/api/client.ts';
import { sentenceOf } from '@/api/problem.ts';
import { Button } from '@/components/Button.tsx';
import { RefreshIcon } from '@/components/icons.tsx';
import { Loading } from '@/components/Skeleton.tsx';
import { asSentence } from '@/lib/sentence.ts';
import type { LoadedSamples } from '../hooks/useSamples.ts';
import { usePlaybackState } from '../hooks/usePlayback.ts';
import type { Playback } from '../model/playback.ts';
import styles from './StageNotice.module.css';

interface Props {
    video: Schema<'Video'>;
    playback: Playback;
    loaded: LoadedSamples;
}

/** Why its pictures are shown, or nothing at all. */
function withoutVideo({ state, progress, errors: [reason] }: Schema<'Video'>): string {
    if (state === 'running' || state === 'queued')
        return 'The video is still being prepared for playing. Until then its stored pictures are shown.';
    if (progress.frames_indexed > 0)
        return 'There is nothing of this video that browsers can play. Its stored pictures are shown instead.';
    return `There is nothing of this video to be shown.${reason === undefined ? '' : ` ${asSentence(reason)}`}`;
}

/** Over the picture: what does not work, why, and what one can do; and that something is on its way. */
export function StageNotice({ video, playback, loaded }: Props) {
    const { mode, failure, waiting } = usePlaybackState(playback);
    const notices: { text: string; retry?: () => void }[] = [];
    if (failure !== null)
        notices.push({ text: `${failure} Its stored pictures are shown instead.`, retry: () => playback.retry() });
    else if (mode === 'pictures') notices.push({ text: withoutVideo(video) });
    if (loaded.error !== null)
        notices.push({ text: `The objects could not be loaded. ${sentenceOf(loaded.error)}`, retry: loaded.retry });
    return (
        <>
            {waiting && (
                <div className={styles.waiting}>
                    <Loading what="the video" />
                </div>
            )}
            {notices.length > 0 && (
                <div className={styles.notices} role="status">
                    {notices.map(({ text, retry }) => (
                        <div key={text} className={styles.notice}>
                            <span>{text}</span>
                            {retry !== undefined && (
                                <Button size="s" icon={<RefreshIcon />} onClick={retry}>
                                    Try again
                                </Button>
                            )}
                        </div>
                    ))}
                </div>
            )}
        </>
    );
}
