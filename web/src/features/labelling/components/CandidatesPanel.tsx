import { useQuery } from '@tanstack/react-query';
import { Badge } from '@/components/Badge.tsx';
import { Button } from '@/components/Button.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { ErrorState } from '@/components/ErrorState.tsx';
import { CheckIcon, HelpIcon } from '@/components/icons.tsx';
import { Loading, Skeleton } from '@/components/Skeleton.tsx';
import { useShortcut } from '@/lib/keys.tsx';
import { sentenceOf } from '@/api/problem.ts';
import { formatNumberOf } from '@/lib/format.ts';
import { objectImageUrl } from '@/api/urls.ts';
import { candidatesQuery } from '../api/queries.ts';
import { useAnswers } from '../hooks/useAnswers.ts';
import { useLabelling } from '../hooks/useLabelling.ts';
import { stillToAsk, type Answer } from '../model/answers.ts';
import { findLabel } from '../model/label-name.ts';
import { qualityText, settledText } from '../model/quality.ts';
import { CandidateCard } from './CandidateCard.tsx';
import { LabelList } from './LabelList.tsx';
import styles from './CandidatesPanel.module.css';

/** "Is this it?": what is most worth knowing about a label, answered with one key. */
export function CandidatesPanel() {
    const { labels, label, setLabel } = useLabelling();
    const all = labels.data?.labels ?? [];
    const known = label === null ? undefined : findLabel(all, label);
    if (known !== undefined) return <Questions key={known.name} label={known.name} />;
    if (all.length === 0)
        return (
            <EmptyState compact icon={<HelpIcon size={20} />} title="No labels yet">
                Name a few pictures first; then the doubtful ones are asked about here, one at a time.
            </EmptyState>
        );
    return (
        <div className={styles.panel}>
            <p className={styles.which}>
                <b>Which label?</b> The pictures it is least sure about are asked about here, one at a time.
            </p>
            <LabelList labels={all} chosen={null} onChoose={setLabel} />
        </div>
    );
}

function Questions({ label }: { label: string }) {
    const { project, open, labels } = useLabelling();
    const { data, error, isPending, isFetching, refetch } = useQuery(candidatesQuery(project, label, null));
    const { answers, dispatch, error: unsent, sending, retry } = useAnswers(label);
    const candidates = data?.candidates ?? [];
    const [asked, next, afterNext] = stillToAsk(answers, candidates);
    // Once on the screen it stays, whatever the server would ask first by now: the key may be on its way down.
    if (answers.asked === null && asked !== undefined) dispatch({ type: 'ask', picture: asked });

    const give = (answer: Answer) => {
        if (asked !== undefined) dispatch({ type: 'answer', answer, candidates });
    };
    const options = { group: 'Is this it?', enabled: asked !== undefined };
    useShortcut('y', 'Yes, this is it', () => give('yes'), options);
    useShortcut('n', 'No, it is not', () => give('no'), options);
    useShortcut('x', 'No, it is not', () => give('no'), options);
    useShortcut('u', 'Skip: not sure', () => give('skip'), options);
    useShortcut('Enter', 'Show the candidate in its video', () => asked !== undefined && open(asked), options);

    if (isPending)
        return (
            <div className={styles.panel}>
                <Loading what="candidates" />
                <div className={styles.waiting}>
                    <Skeleton width="40%" height={180} />
                    <Skeleton width="55%" height={180} />
                </div>
            </div>
        );
    if (error !== null && asked === undefined)
        return (
            <ErrorState
                compact
                title="The candidates could not be loaded"
                error={error}
                busy={isFetching}
                onRetry={() => void refetch()}
            />
        );
    const left = answers.waiting.length;
    const quality = data === undefined ? null : qualityText(data);
    const known = findLabel(labels.data?.labels ?? [], label);
    const said = (known?.positives ?? 0) + (known?.negatives ?? 0);
    const settled = data === undefined ? null : settledText(data.settled, data, said);
    return (
        <div className={styles.panel}>
            {asked === undefined ? (
                <EmptyState
                    compact
                    icon={<CheckIcon size={20} />}
                    title={left > 0 || sending || isFetching ? 'Saving the answers…' : 'Nothing left to ask'}
                    actions={
                        <Button busy={isFetching} onClick={() => void refetch()}>
                            Look again
                        </Button>
                    }
                >
                    {settled === null
                        ? 'Everything worth asking now was answered or skipped.'
                        : quality === null
                          ? 'Nothing else looks like what was said so far, which is little to go by. Look for it in other pictures, and throw look-alikes into No.'
                          : 'By what was said so far, what is left is either surely it or surely not.'}
                </EmptyState>
            ) : (
                <CandidateCard label={label} picture={asked} onAnswer={give} onOpen={() => open(asked)} />
            )}
            <p className={styles.foot}>
                <span role="status">
                    {settled !== null && <Badge tone={quality === null ? 'neutral' : 'success'}>{settled}</Badge>}
                </span>
                {quality !== null && <span className={styles.quality}>{quality}</span>}
                {unsent !== null ? (
                    <span role="alert" className={styles.unsent}>
                        {formatNumberOf(left, 'answer')} could not be saved: {sentenceOf(unsent)}{' '}
                        <Button size="s" busy={sending} onClick={retry}>
                            Try again
                        </Button>
                    </span>
                ) : (
                    <span role="status">
                        {left > 0
                            ? `${formatNumberOf(left, 'answer')} about to be saved; undo takes the last one back`
                            : `${formatNumberOf(known?.positives ?? 0, 'picture')} said to be it`}
                    </span>
                )}
            </p>
            {/* The next ones are fetched while this one is looked at. */}
            <span hidden>
                {[next, afterNext].map(
                    picture =>
                        picture !== undefined && (
                            <img key={picture.object} src={objectImageUrl(picture.object)} alt="" />
                        ),
                )}
            </span>
        </div>
    );
}
