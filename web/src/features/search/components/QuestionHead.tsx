import { useQuery } from '@tanstack/react-query';
import { useRef, type ReactNode } from 'react';
import { classesQuery, labelsQuery } from '@/api/queries.ts';
import { Button } from '@/components/Button.tsx';
import { CloseIcon, ExternalIcon, ImageIcon } from '@/components/icons.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { ObjectThumb } from '@/components/ObjectThumb.tsx';
import { classText } from '@/lib/detector-class.ts';
import { formatBytes, formatNumberOf, formatTimecode } from '@/lib/format.ts';
import { paths } from '@/lib/paths.ts';
import { objectQuery, pictureQuery } from '../api/queries.ts';
import type { Asking } from '../hooks/useQuestion.ts';
import { useVideoNames } from '@/api/video-names.ts';
import { NOTHING, titleOf, type Question } from '../model/question.ts';
import { KeptPictureImage } from './KeptPictureImage.tsx';
import { PictureInput } from './PictureInput.tsx';
import styles from './QuestionHead.module.css';

interface Props {
    project: string;
    question: Question;
    ask: Asking['ask'];
    /** What the server says is wrong with it. */
    problem: string | undefined;
    onFiles: (files: readonly File[]) => void;
}

/** What is searched for, in a picture and words. */
export function QuestionHead({ project, question, ask, problem, onFiles }: Props) {
    const { picture, object, positive, text, label, class: className } = question;
    const title = titleOf(question);
    const remove = (
        <Button
            size="s"
            variant="quiet"
            icon={<CloseIcon />}
            className={styles.remove}
            onClick={() => ask({ ...NOTHING, video: question.video })}
        >
            New search
        </Button>
    );
    const head = (image: ReactNode, about: ReactNode, actions?: ReactNode) => (
        <header className={styles.head}>
            {image}
            <div className={styles.words}>
                <h1>{title}</h1>
                {about !== null && <p className={styles.about}>{about}</p>}
                <p className={styles.problem} role="alert">
                    {problem}
                </p>
                {actions !== undefined && <div className={styles.actions}>{actions}</div>}
            </div>
            {remove}
        </header>
    );
    if (picture !== null) return <PictureHead id={picture} head={head} onFiles={onFiles} />;
    if (object !== null) return <ObjectHead project={project} object={object} head={head} />;
    if (positive.length > 0)
        return head(
            <span className={styles.several}>
                {positive.slice(0, 4).map(example => (
                    <ObjectThumb key={example} object={example} alt="" size={44} />
                ))}
            </span>,
            formatNumberOf(positive.length, 'example'),
        );
    if (text !== null) return head(null, 'What looks like it says, the best first');
    if (label !== null) return <LabelHead project={project} label={label} head={head} />;
    return <ClassHead project={project} className={className ?? ''} head={head} />;
}

type Head = (image: ReactNode, about: ReactNode, actions?: ReactNode) => ReactNode;

function PictureHead({ id, head, onFiles }: { id: string; head: Head; onFiles: Props['onFiles'] }) {
    const picker = useRef<HTMLInputElement>(null);
    const { data: picture } = useQuery(pictureQuery(id));
    return head(
        <KeptPictureImage id={id} />,
        picture === undefined || picture === null ? null : (
            <>
                {picture.name} · {formatBytes(picture.content.size)} · kept in this browser only
            </>
        ),
        <>
            <Button size="s" icon={<ImageIcon />} onClick={() => picker.current?.click()}>
                Another picture
            </Button>
            <PictureInput ref={picker} onFiles={onFiles} />
        </>,
    );
}

function ObjectHead({ project, object, head }: { project: string; object: string; head: Head }) {
    const { data } = useQuery(objectQuery(object));
    const nameOf = useVideoNames(project, []);
    return head(
        <ObjectThumb object={object} alt={data?.class ?? 'The object'} size={96} />,
        data === undefined ? null : (
            <>
                {classText(data)} at {formatTimecode(data.pts_us)} in {nameOf(data.video)}
            </>
        ),
        data !== undefined && (
            <LinkButton
                size="s"
                icon={<ExternalIcon />}
                to={paths.video(project, data.video, { t: data.pts_us, sel: data.id })}
            >
                Show in the video
            </LinkButton>
        ),
    );
}

function LabelHead({ project, label, head }: { project: string; label: string; head: Head }) {
    const { data } = useQuery(labelsQuery(project));
    const known = data?.labels.find(({ name }) => name === label);
    const example = known?.example ?? null;
    return head(
        example === null ? null : <ObjectThumb object={example} alt="" size={72} />,
        known === undefined ? null : (
            <>
                Label · {formatNumberOf(known.positives, 'picture')} named
                {known.explicit > known.positives && `, ${formatNumberOf(known.explicit, 'object')} with their tracks`}
                {known.probable > 0 && `, and probably ${formatNumberOf(known.probable, 'more', 'more')}`}
            </>
        ),
    );
}

function ClassHead({ project, className, head }: { project: string; className: string; head: Head }) {
    const { data } = useQuery(classesQuery(project));
    const objects = data?.find(({ name }) => name === className)?.objects;
    return head(
        null,
        <>
            {objects === undefined ? '' : `${formatNumberOf(objects, 'object')} of this `}
            {objects === undefined ? 'Class' : 'class'}, one picture of each track; those that the detector is surest of
            first
        </>,
    );
}
