import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/Button.tsx';
import { IconButton } from '@/components/IconButton.tsx';
import { BoxIcon, HistoryIcon, MergeIcon, MoreIcon, SplitIcon, TrackIcon } from '@/components/icons.tsx';
import { Kbd } from '@/components/Kbd.tsx';
import { Menu, type MenuItem } from '@/components/Menu.tsx';
import { trackColour } from '@/lib/colour.ts';
import { formatNumberOf, formatTimecode } from '@/lib/format.ts';
import { useShortcut } from '@/lib/keys.tsx';
import { trackNumber } from '@/lib/track-name.ts';
import { trackQuery } from '../api/corrections.ts';
import { useLabelling } from '../hooks/useLabelling.ts';
import { useRest } from '../hooks/useRest.ts';
import { useSplit } from '../hooks/useSplit.ts';
import type { Picture } from '../model/picture.ts';
import { CorrectionsDialog } from './CorrectionsDialog.tsx';
import styles from './ObjectCard.module.css';

const TRACKS = { group: 'Tracks' };

/** Which track an object belongs to. */
export function TrackFacts({ id }: { id: string | null }) {
    const track = useQuery({ ...trackQuery(id ?? ''), enabled: id !== null }).data;
    if (id === null) return <span className={styles.quiet}>in no track</span>;
    return (
        <span className={styles.track}>
            <span className={styles.swatch} style={{ background: trackColour(id) }} />
            Track {trackNumber(id)}
            {track !== undefined && (
                <span className={styles.quiet}>
                    {formatNumberOf(track.objects, 'picture')}, {formatTimecode(track.first_us)} to{' '}
                    {formatTimecode(track.last_us)}
                </span>
            )}
        </span>
    );
}

/** How to put the selected object's track right. */
export function TrackActions({ picture }: { picture: Picture }) {
    const { trackChanges, picking, setPicking } = useLabelling();
    const { object, track: id } = picture;
    const track = useQuery({ ...trackQuery(id ?? ''), enabled: id !== null }).data;
    const split = useSplit(id);
    const [history, setHistory] = useState(false);
    const alone = id === null || track?.objects === 1;
    const rest = useRest(picture);
    const pick = (kind: 'merge' | 'give') =>
        setPicking(
            picking?.kind === kind && picking.objects[0].object === object ? null : { kind, objects: [picture] },
        );
    const part = () => void trackChanges.part(object);

    useShortcut('s', 'Split the track at the picture that is shown', split.run, { ...TRACKS, enabled: id !== null });
    useShortcut('w', 'Merge the track with that of another object', () => pick('merge'), {
        ...TRACKS,
        enabled: id !== null,
    });
    useShortcut('g', 'Give this one object to the track of another', () => pick('give'), TRACKS);
    useShortcut('r', 'From here on it is another object: give the rest of its track to that', rest.run, {
        ...TRACKS,
        enabled: id !== null,
    });
    useShortcut('d', 'This one is a different object: take it out of its track', part, { ...TRACKS, enabled: !alone });

    const items: (MenuItem | 'separator')[] = [
        {
            label: 'This one is a different object',
            icon: <BoxIcon />,
            note: <Kbd keys="d" />,
            disabled: alone,
            onSelect: part,
        },
        {
            label: 'Give this one to another track…',
            icon: <TrackIcon />,
            note: <Kbd keys="g" />,
            onSelect: () => pick('give'),
        },
        {
            label: 'From here on it is another one…',
            icon: <SplitIcon />,
            note: <Kbd keys="r" />,
            disabled: !rest.possible,
            onSelect: rest.run,
        },
        'separator',
        { label: 'Corrections of tracks…', icon: <HistoryIcon />, onSelect: () => setHistory(true) },
    ];
    return (
        <>
            {id === null ? (
                <Button size="s" icon={<TrackIcon />} className={styles.button} onClick={() => pick('give')}>
                    Give to a track… <Kbd keys="g" />
                </Button>
            ) : (
                <>
                    <Button
                        size="s"
                        icon={<SplitIcon />}
                        className={styles.button}
                        aria-disabled={!split.possible || undefined}
                        title={split.why}
                        onClick={split.run}
                    >
                        Split here <Kbd keys="s" />
                    </Button>
                    <Button
                        size="s"
                        icon={<MergeIcon />}
                        className={styles.button}
                        aria-pressed={picking?.kind === 'merge'}
                        onClick={() => pick('merge')}
                    >
                        Merge with… <Kbd keys="w" />
                    </Button>
                </>
            )}
            <Menu
                label="Track"
                items={id === null ? items.slice(3) : items}
                trigger={attributes => (
                    <IconButton
                        {...attributes}
                        size="s"
                        className={styles.more}
                        label="More for this track"
                        icon={<MoreIcon />}
                    />
                )}
            />
            {history && <CorrectionsDialog onClose={() => setHistory(false)} />}
        </>
    );
}
