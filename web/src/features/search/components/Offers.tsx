import { useEffect, useRef, type ReactNode } from 'react';
import { sentenceOf } from '@/api/problem.ts';
import { BoxIcon, FolderIcon, SearchIcon } from '@/components/icons.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { classNames } from '@/lib/class-names.ts';
import { fillOf } from '@/lib/colour.ts';
import { formatCompact, formatNumberOf } from '@/lib/format.ts';
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

/** What can be chosen under the search bar, and what else it can do. */
export function Offers({ id, typed, offers, active, scope, waiting, loading, error, onChoose }: Props) {
    const list = useRef<HTMLDivElement>(null);
    useEffect(() => {
        list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
    }, [active]);
    return (
        // The field keeps the focus, wherever one presses.
        <div className={styles.popover} role="presentation" onPointerDown={event => event.preventDefault()}>
            {scope === undefined && offers.length > 0 && (
                <p className={styles.note}>
                    {waiting ? 'In which project shall the picture be looked for?' : 'Which project shall be searched?'}
                </p>
            )}
            <div ref={list} role="listbox" id={`${id}-list`} aria-label="Suggestions" className={styles.list}>
                {GROUPS.map(({ kind, title }) => {
                    const own = offers.map((offer, at) => ({ offer, at })).filter(entry => entry.offer.kind === kind);
                    if (own.length === 0) return null;
                    return (
                        <div key={kind} role="group" aria-labelledby={`${id}-${kind}`}>
                            <p id={`${id}-${kind}`} role="presentation" className={styles.title}>
                                {title}
                            </p>
                            {own.map(({ offer, at }) => (
                                // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the field has the keys
                                <div
                                    key={offer.name}
                                    id={`${id}-${at}`}
                                    role="option"
                                    tabIndex={-1}
                                    aria-selected={at === active}
                                    className={classNames(styles.offer, at === active && styles.active)}
                                    onClick={() => onChoose(offer)}
                                >
                                    <OfferText offer={offer} />
                                </div>
                            ))}
                        </div>
                    );
                })}
            </div>
            {offers.length === 0 && (
                <div className={styles.none} role="status">
                    {loading ? 'Loading…' : error !== null ? sentenceOf(error) : <Nothing {...{ typed, scope }} />}
                </div>
            )}
            {scope !== undefined && (
                <p className={styles.note}>
                    To search by a picture, paste it here, drop it here, or choose a file with the button at the right.
                </p>
            )}
        </div>
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

function OfferText({ offer }: { offer: Offer }) {
    const { kind, name } = offer;
    return (
        <>
            {kind === 'label' ? (
                <span className={styles.swatch} style={{ background: fillOf(name) }} />
            ) : (
                <span className={styles.icon}>
                    {kind === 'class' ? <BoxIcon /> : kind === 'text' ? <SearchIcon /> : <FolderIcon />}
                </span>
            )}
            <span className={styles.text}>{kind === 'text' ? `What looks like “${name}”` : name}</span>
            {'count' in offer && (
                <span className={styles.count}>
                    <span aria-hidden="true">{formatCompact(offer.count)}</span>
                    <span className="visually-hidden">, {formatNumberOf(offer.count, 'object')}</span>
                </span>
            )}
        </>
    );
}
