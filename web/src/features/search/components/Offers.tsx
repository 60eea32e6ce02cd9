import type { ReactNode } from 'react';
import { sentenceOf } from '@/api/problem.ts';
import { BoxIcon, FolderIcon, SearchIcon } from '@/components/icons.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { LabelSwatch, OptionList, type Option } from '@/components/OptionList.tsx';
import { paths } from '@/lib/paths.ts';
import type { Offer } from '../model/offers.ts';
import styles from './Offers.module.css';

interface Props {
    id: string;
    typed: string;
    offers: readonly Offer[];
    active: number | null;
    /** The project that is searched; undefined while it has to be chosen. */
    scope: string | undefined;
    /** A picture waits for the project to be chosen. */
    waiting: boolean;
    loading: boolean;
    error: unknown;
    onChoose: (offer: Offer) => void;
}

const GROUPS = [
    { kind: 'label', title: 'Labels' },
    { kind: 'class', title: 'Classes' },
    { kind: 'text', title: 'In words' },
    { kind: 'project', title: 'Projects' },
] as const;

function optionOf(offer: Offer): Option {
    const { kind, name } = offer;
    return {
        key: name,
        text: kind === 'text' ? `What looks like “${name}”` : name,
        icon:
            kind === 'label' ? (
                <LabelSwatch name={name} />
            ) : kind === 'class' ? (
                <BoxIcon />
            ) : kind === 'text' ? (
                <SearchIcon />
            ) : (
                <FolderIcon />
            ),
        ...('count' in offer ? { count: offer.count } : {}),
    };
}

/** What can be chosen under the search bar, and what else it can do. */
export function Offers({ id, typed, offers, active, scope, waiting, loading, error, onChoose }: Props) {
    const ordered = GROUPS.flatMap(({ kind }) => offers.filter(offer => offer.kind === kind));
    const groups = GROUPS.map(({ kind, title }) => ({
        title,
        options: ordered.filter(offer => offer.kind === kind).map(optionOf),
    })).filter(({ options }) => options.length > 0);
    return (
        <OptionList
            className={styles.popover}
            id={id}
            label="Suggestions"
            groups={groups}
            active={active}
            onChoose={at => {
                const chosen = ordered[at];
                if (chosen !== undefined) onChoose(chosen);
            }}
            before={
                scope === undefined &&
                offers.length > 0 && (
                    <p className={styles.note}>
                        {waiting
                            ? 'In which project shall the picture be looked for?'
                            : 'Which project shall be searched?'}
                    </p>
                )
            }
            after={
                (offers.length === 0 || scope !== undefined) && (
                    <div>
                        {offers.length === 0 && (
                            <div className={styles.none} role="status">
                                {loading ? (
                                    'Loading…'
                                ) : error !== null ? (
                                    sentenceOf(error)
                                ) : (
                                    <Nothing {...{ typed, scope }} />
                                )}
                            </div>
                        )}
                        {scope !== undefined && (
                            <p className={styles.note}>
                                To search by a picture, paste it here, drop it here, or choose a file with the button at
                                the right.
                            </p>
                        )}
                    </div>
                )
            }
        />
    );
}

function Nothing({ typed, scope }: { typed: string; scope: string | undefined }): ReactNode {
    const words = typed.trim();
    if (words !== '')
        return scope === undefined
            ? `No project is called “${words}”.`
            : `No class and no label here is called “${words}”. Search goes by class, label, or picture.`;
    return (
        <>
            <p>{scope === undefined ? 'There is no project yet.' : `There is nothing to search in ${scope} yet.`}</p>
            <LinkButton size="s" to={paths.newVideo(scope)}>
                New video
            </LinkButton>
        </>
    );
}
