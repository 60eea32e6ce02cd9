import { useDraggable } from '@dnd-kit/core';
import { frameImageUrl } from '@/api/urls.ts';
import { Button } from '@/components/Button.tsx';
import { CheckIcon, CloseIcon, ExternalIcon } from '@/components/icons.tsx';
import { Kbd } from '@/components/Kbd.tsx';
import { LabelChip } from '@/components/LabelChip.tsx';
import { ObjectThumb } from '@/components/ObjectThumb.tsx';
import { formatPercent, formatTimecode } from '@/lib/format.ts';
import type { Answer } from '../model/answers.ts';
import { pictureName, type Picture } from '../model/picture.ts';
import styles from './CandidatesPanel.module.css';

interface Props {
    label: string;
    picture: Picture;
    onAnswer: (answer: Answer) => void;
    onOpen: () => void;
}

export function CandidateCard({ label, picture, onAnswer, onOpen }: Props) {
    return (
        <div className={styles.card}>
            <p className={styles.question}>
                Is this <LabelChip name={label} />?
            </p>
            <div className={styles.pictures}>
                <CandidatePicture key={picture.object} picture={picture} />
                <Context picture={picture} onOpen={onOpen} />
            </div>
            <div className={styles.answers} role="group" aria-label="Answer">
                <Button
                    variant="primary"
                    icon={<CheckIcon />}
                    className={styles.answer}
                    onClick={() => onAnswer('yes')}
                >
                    Yes <Kbd keys="y" />
                </Button>
                <Button icon={<CloseIcon />} className={styles.answer} onClick={() => onAnswer('no')}>
                    No <Kbd keys="n" />
                </Button>
                <Button variant="quiet" className={styles.answer} onClick={() => onAnswer('skip')}>
                    Not sure <Kbd keys="u" />
                </Button>
                <Button variant="quiet" icon={<ExternalIcon />} className={styles.answer} onClick={onOpen}>
                    Show
                </Button>
            </div>
            <p className={styles.facts}>
                {pictureName(picture)}
                {picture.confidence !== undefined && <>, {formatPercent(picture.confidence)} sure</>}
            </p>
        </div>
    );
}

function CandidatePicture({ picture }: { picture: Picture }) {
    const { attributes, listeners, setNodeRef } = useDraggable({ id: 'candidate', data: { pictures: [picture] } });
    return (
        <button
            type="button"
            ref={setNodeRef}
            {...attributes}
            {...listeners}
            className={styles.crop}
            aria-label={`${pictureName(picture)}: drag it into a column`}
        >
            <ObjectThumb object={picture.object} alt={pictureName(picture)} />
        </button>
    );
}

/** The whole picture it is in, with its box. */
function Context({ picture, onOpen }: { picture: Picture; onOpen: () => void }) {
    const { frame, frame_width: width, frame_height: height, box } = picture;
    const [x = 0, y = 0, w = 0, h = 0] = box;
    return (
        <button type="button" className={styles.context} title="Show in the video" onClick={onOpen}>
            <img
                src={frameImageUrl(frame)}
                alt={`What is around it, at ${formatTimecode(picture.pts_us)}`}
                width={width}
                height={height}
                draggable={false}
            />
            <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
                <rect x={x} y={y} width={w} height={h} />
            </svg>
        </button>
    );
}
