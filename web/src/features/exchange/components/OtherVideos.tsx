import { SelectField } from '@/components/SelectField.tsx';
import { formatNumberOf } from '@/lib/format.ts';
import type { Other } from '../model/exchange.ts';
import styles from './ExchangeDialogs.module.css';

interface Props {
    others: readonly Other[];
    videos: readonly { id: string; name: string }[];
    same: Readonly<Record<string, string>>;
    onChange: (same: Readonly<Record<string, string>>) => void;
}

const NONE = '';

/** Clips that the file calls otherwise, as of another project: which videos of this one they are. */
export function OtherVideos({ others, videos, same, onChange }: Props) {
    if (others.length === 0) return null;
    const choices = [
        { value: NONE, label: 'None: leave it out' },
        ...videos.map(({ id, name }) => ({ value: id, label: name })),
    ];
    function choose(theirs: string, ours: string) {
        const rest = Object.entries(same).filter(([video]) => video !== theirs);
        onChange(Object.fromEntries(ours === NONE ? rest : [...rest, [theirs, ours]]));
    }
    return (
        <section className={styles.others} aria-label="Videos of the file">
            <p>
                The file is about {formatNumberOf(others.length, 'video')} that {others.length === 1 ? 'is' : 'are'} not
                of this project under {others.length === 1 ? 'its' : 'their'} id. If it is the same clip, say which:
            </p>
            <div className={styles.fields}>
                {others.map(({ video, entries, same: likely }) => (
                    <SelectField
                        key={video}
                        label={`Video ${video}`}
                        value={same[video] ?? NONE}
                        onChange={ours => choose(video, ours)}
                        options={choices}
                        hint={
                            likely !== null && likely === same[video]
                                ? `${formatNumberOf(entries, 'entry', 'entries')}; its boxes are there at the same times.`
                                : formatNumberOf(entries, 'entry', 'entries')
                        }
                    />
                ))}
            </div>
        </section>
    );
}
