import type { Schema } from '@/api/client.ts';
import { Button } from '@/components/Button.tsx';
import { CheckIcon, ExternalIcon, TagIcon, UndoIcon } from '@/components/icons.tsx';
import { Kbd } from '@/components/Kbd.tsx';
import { LabelChip } from '@/components/LabelChip.tsx';
import { ObjectThumb } from '@/components/ObjectThumb.tsx';
import { classText } from '@/lib/detector-class.ts';
import { formatAgo, formatNumberOf, formatPercent, formatScore, formatTimecode } from '@/lib/format.ts';
import { whoSaid, type Mistake } from '../model/review.ts';
import styles from './MistakeReview.module.css';

interface Props {
    mistake: Mistake;
    /** What it would be instead; null where nobody knows. */
    instead: string | null;
    onKeep: () => void;
    onTakeBack: () => void;
    onInstead: () => void;
    onSkip: () => void;
    onOpen: () => void;
}

export function MistakeCard({ mistake, instead, onKeep, onTakeBack, onInstead, onSkip, onOpen }: Props) {
    const { assertion, score, detail, own, other, alike } = mistake;
    const { hit, label, at } = assertion;
    return (
        <section className={styles.card} aria-label="Probable mistake">
            <p className={styles.said}>
                {whoSaid(mistake)} <LabelChip name={label} />
                {at !== null && <span className={styles.caption}>{formatAgo(at)}</span>}
            </p>
            <p className={styles.why}>
                But {detail}. Probably a mistake: {formatPercent(score)}.
                {alike.length > 0 && ` The same was said of ${formatNumberOf(alike.length, 'picture')} that follow it.`}
            </p>
            <div className={styles.pictures}>
                <figure className={styles.picture}>
                    <span className={styles.large}>
                        <ObjectThumb object={hit.object} alt={`${classText(hit)} at ${formatTimecode(hit.pts_us)}`} />
                    </span>
                    <figcaption className={styles.caption}>
                        {classText(hit)} at {formatTimecode(hit.pts_us)}
                    </figcaption>
                </figure>
                <EvidencePicture evidence={own} what="agrees" none="nothing agrees" />
                <EvidencePicture evidence={other} what="speaks against it" none="nothing speaks against it" />
            </div>
            <div className={styles.buttons} role="group" aria-label="Decide">
                <Button icon={<CheckIcon />} className={styles.button} onClick={onKeep}>
                    It is right <Kbd keys="y" />
                </Button>
                <Button variant="primary" icon={<UndoIcon />} className={styles.button} onClick={onTakeBack}>
                    Take it back <Kbd keys="x" />
                </Button>
                {instead !== null && (
                    <Button icon={<TagIcon />} className={styles.button} onClick={onInstead}>
                        {instead} <Kbd keys="c" />
                    </Button>
                )}
                <Button variant="quiet" className={styles.button} onClick={onSkip}>
                    Not sure <Kbd keys="u" />
                </Button>
                <Button variant="quiet" icon={<ExternalIcon />} className={styles.button} onClick={onOpen}>
                    Show
                </Button>
            </div>
        </section>
    );
}

function EvidencePicture(props: { evidence: Schema<'Evidence'>; what: string; none: string }) {
    const { evidence, what, none } = props;
    if (evidence === null) return <div className={styles.none}>{none}</div>;
    return (
        <figure className={styles.picture}>
            <ObjectThumb object={evidence.object} alt={`What ${what}`} />
            <figcaption className={styles.caption}>
                {what}, similarity {formatScore(evidence.similarity)}
            </figcaption>
        </figure>
    );
}
