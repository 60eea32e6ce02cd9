import type { KeyboardEvent } from 'react';
import { Link } from 'react-router';
import { SearchIcon } from '@/components/icons.tsx';
import { LabelChip } from '@/components/LabelChip.tsx';
import { ObjectThumb } from '@/components/ObjectThumb.tsx';
import { classText } from '@/lib/detector-class.ts';
import { formatCount, formatTimecode } from '@/lib/format.ts';
import { paths } from '@/lib/paths.ts';
import type { Cell } from '../model/layout.ts';
import { describeCell, scoreOfCell, stackTexts, whenText, type ScoreKind } from '../model/texts.ts';
import styles from './ResultCard.module.css';

interface Props {
    project: string;
    cell: Cell;
    scoreKind: ScoreKind;
    videoName: string;
    tabbable: boolean;
    /** Of all results; -1 while that is not known. */
    count: number;
    onKeyDown: (event: KeyboardEvent) => void;
    onFocus: () => void;
    onUnfold: (stack: string) => void;
}

/** One result: opens the player at its frame, or the search for what looks like it. */
export function ResultCard(props: Props) {
    const { project, cell, scoreKind, videoName, tabbable, count, onKeyDown, onFocus, onUnfold } = props;
    const { hit, stands, stack, unfolded, busy } = cell;
    const texts = stackTexts(cell);
    const score = scoreOfCell(cell, scoreKind);
    const tabIndex = tabbable ? 0 : -1;
    return (
        <div
            role="listitem"
            aria-posinset={cell.at + 1}
            aria-setsize={count}
            className={styles.card}
            onFocus={onFocus}
            data-stacked={stands > 1 || undefined}
        >
            <Link
                to={paths.video(project, hit.video, { t: hit.pts_us, sel: hit.object })}
                tabIndex={tabIndex}
                data-at={cell.at}
                data-object={hit.object}
                aria-label={describeCell(cell, videoName, scoreKind)}
                className={styles.open}
                draggable={false}
                onKeyDown={onKeyDown}
            >
                <span className={styles.picture}>
                    <ObjectThumb object={hit.object} alt="" />
                    {score !== null && (
                        <span className={styles.score} title={score.meaning}>
                            {score.text}
                        </span>
                    )}
                </span>
                <span className={styles.line}>
                    <span className={styles.class}>{classText(hit)}</span>
                    {hit.label && <LabelChip name={hit.label.name} kind={hit.label.kind} />}
                </span>
                <span className={styles.where} title={`${videoName}, ${formatTimecode(hit.pts_us)}`}>
                    <span className={styles.video}>{videoName}</span>
                    <span className={styles.when}>{whenText(cell)}</span>
                </span>
            </Link>
            <Link
                to={paths.search(project, { object: hit.object })}
                tabIndex={tabIndex}
                aria-label="Search for what looks like this"
                title="Search for what looks like this"
                className={styles.similar}
            >
                <SearchIcon size={14} />
            </Link>
            {stack !== null && (
                <button
                    type="button"
                    tabIndex={tabIndex}
                    className={styles.stack}
                    aria-label={texts.label}
                    title={texts.title}
                    // Not of the whole card: what is busy may be passed over when it is read out.
                    aria-busy={busy || undefined}
                    aria-disabled={busy || undefined}
                    onClick={() => {
                        if (!busy) onUnfold(stack);
                    }}
                >
                    {unfolded ? 'fold' : `×${formatCount(stands)}`}
                </button>
            )}
        </div>
    );
}
