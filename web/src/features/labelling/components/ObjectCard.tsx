import { useQuery } from '@tanstack/react-query';
import { useDraggable } from '@dnd-kit/core';
import { isNoObject } from '@/api/problem.ts';
import { Button } from '@/components/Button.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { ErrorState } from '@/components/ErrorState.tsx';
import { BoxIcon, CheckIcon, MinusIcon, SearchIcon } from '@/components/icons.tsx';
import { Kbd } from '@/components/Kbd.tsx';
import { ObjectThumb } from '@/components/ObjectThumb.tsx';
import { Loading, Skeleton } from '@/components/Skeleton.tsx';
import { classNames } from '@/lib/class-names.ts';
import { classText } from '@/lib/detector-class.ts';
import { formatScore, formatTimecode } from '@/lib/format.ts';
import { useShortcut } from '@/lib/keys.tsx';
import { objectQuery } from '../api/queries.ts';
import { useLabelling } from '../hooks/useLabelling.ts';
import { pictureName, pictureOfObject, type Picture } from '../model/picture.ts';
import { DetectedClass } from './DetectedClass.tsx';
import { LikelyLabel } from './LikelyLabel.tsx';
import { QuickName } from './QuickName.tsx';
import { TrackActions, TrackFacts } from './TrackActions.tsx';
import styles from './ObjectCard.module.css';

/** The selected object, and what can be done with it. */
export function ObjectCard() {
    const { selected } = useLabelling();
    if (selected === null)
        return (
            <section className={styles.card} aria-label="Selected object">
                <ol className={styles.steps}>
                    <li>
                        <b>Click a box</b> in the picture.
                    </li>
                    <li>
                        <b>Drag</b> pictures of it into <b>Yes</b>.
                    </li>
                    <li>
                        Throw wrong ones into <b>No</b>.
                    </li>
                    <li>
                        <b>Name it.</b> It is found everywhere.
                    </li>
                </ol>
            </section>
        );
    return (
        <section className={styles.card} aria-label="Selected object">
            <SelectedObject key={selected} object={selected} />
        </section>
    );
}

function SelectedObject({ object }: { object: string }) {
    const { tracked, unselect } = useLabelling();
    const { data, error, refetch } = useQuery(objectQuery(object));
    // One that is known stays on the screen while the server is away, and does not once it is gone.
    if (isNoObject(error))
        return (
            <EmptyState
                compact
                icon={<BoxIcon size={20} />}
                title="There is no such object"
                actions={<Button onClick={unselect}>Back to the video</Button>}
            >
                It was removed, the video was indexed anew since, or the address is not whole.
            </EmptyState>
        );
    if (error !== null && data === undefined)
        return (
            <ErrorState compact title="The object could not be loaded" error={error} onRetry={() => void refetch()} />
        );
    if (data === undefined)
        return (
            <>
                <Loading what="the object" />
                <Skeleton width={92} height={92} />
                <div className={styles.facts}>
                    <Skeleton width={140} />
                    <Skeleton width={220} />
                </div>
            </>
        );
    const { score, pts_us, label } = data;
    const picture = pictureOfObject(data);
    return (
        <>
            <CardPicture picture={picture} />
            <div className={styles.facts}>
                <div className={styles.line}>
                    <b>{classText(picture)}</b>
                    <span className={styles.quiet} title="How sure the detector is">
                        {formatScore(score)}
                    </span>
                    <span className={styles.quiet}>at {formatTimecode(pts_us)}</span>
                    {tracked && <TrackFacts id={picture.track} />}
                </div>
                <div className={classNames(styles.line, styles.label)}>
                    <LikelyLabel object={picture} label={label} />
                    <QuickName picture={picture} />
                    <DetectedClass picture={picture} />
                </div>
                <div className={styles.line}>
                    <CardButtons picture={picture} />
                    {tracked && <TrackActions picture={picture} />}
                    <FindSimilar />
                </div>
            </div>
        </>
    );
}

function CardPicture({ picture }: { picture: Picture }) {
    const { attributes, listeners, setNodeRef } = useDraggable({ id: 'card', data: { pictures: [picture] } });
    return (
        <button
            type="button"
            ref={setNodeRef}
            {...attributes}
            {...listeners}
            className={styles.picture}
            aria-label={`${pictureName(picture)}: drag it into a column`}
        >
            <ObjectThumb object={picture.object} alt="" size={90} />
        </button>
    );
}

function CardButtons({ picture }: { picture: Picture }) {
    const { add, panel } = useLabelling();
    const asking = panel === 'candidates';
    const yes = () => add('positive', [picture]);
    const no = () => add('negative', [picture]);
    useShortcut('p', 'Put the selected object into Yes', yes, { group: 'Labelling' });
    // While candidates are asked about, N answers.
    useShortcut('n', 'Put the selected object into No', no, { group: 'Labelling', enabled: !asking });
    return (
        <>
            <Button size="s" icon={<CheckIcon />} className={styles.button} onClick={yes}>
                Add to Yes <Kbd keys="p" />
            </Button>
            <Button size="s" icon={<MinusIcon />} className={styles.button} onClick={no}>
                Add to No {!asking && <Kbd keys="n" />}
            </Button>
        </>
    );
}

/** Last in its line, and with its place kept while nothing is to be found: the picture above must not jump. */
function FindSimilar() {
    const { panel, setPanel } = useLabelling();
    return (
        <Button
            size="s"
            icon={<SearchIcon />}
            aria-label="Find similar"
            title="Find similar"
            className={classNames(styles.button, styles.find, panel === 'similar' && styles.kept)}
            onClick={() => setPanel('similar')}
        >
            <span className={styles.words}>Find similar</span> <Kbd keys="1" />
        </Button>
    );
}
