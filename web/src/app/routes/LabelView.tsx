import { useState } from 'react';
import type { Schema } from '@/api/client.ts';
import { isUnfinished } from '@/api/video.ts';
import { Badge } from '@/components/Badge.tsx';
import { IconButton } from '@/components/IconButton.tsx';
import { PanelIcon } from '@/components/icons.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { ColumnsDock } from '@/features/labelling/components/ColumnsDock.tsx';
import { LabellingPanels } from '@/features/labelling/components/LabellingPanels.tsx';
import { ObjectCard } from '@/features/labelling/components/ObjectCard.tsx';
import { Splitter } from '@/features/labelling/components/Splitter.tsx';
import { StageDrag } from '@/features/labelling/components/StageDrag.tsx';
import { UndoRedo } from '@/features/labelling/components/UndoRedo.tsx';
import { useLabelling } from '@/features/labelling/hooks/useLabelling.ts';
import { useKept } from '@/features/labelling/hooks/useKept.ts';
import { usePicking } from '@/features/labelling/hooks/usePicking.ts';
import { useSplitting } from '@/features/labelling/hooks/useSplit.ts';
import { Player } from '@/features/player/components/Player.tsx';
import { useShortcut } from '@/lib/keys.tsx';
import { paths } from '@/lib/paths.ts';
import styles from './LabelRoute.module.css';
import type { LabelViewState } from './useLabelView.ts';

interface Props {
    video: Schema<'Video'>;
    view: LabelViewState;
}

/** Player at the left, panels and columns at the right; below one another where there is no room. */
export function LabelView({ video, view }: Props) {
    const { setUs, select, playerRef } = view;
    const { project, label, selected, us } = view.labelling;
    const picking = usePicking();
    const splitting = useSplitting();
    const { labels } = useLabelling();
    const known = labels.data?.labels.some(({ name }) => name === label) === true;
    const [panelsShown, setPanelsShown] = useState(true);
    const [playerShare, setPlayerShare] = useKept('label.player', 0.56);
    const [panelShare, setPanelShare] = useKept('label.panel', 0.55);
    useShortcut('h', 'Show or hide the panels', () => setPanelsShown(!panelsShown), { group: 'Labelling' });
    const running = isUnfinished(video);

    return (
        <div className={styles.view} data-toasts="top">
            <h1 className="visually-hidden">Label objects in {video.name}</h1>
            <div className={styles.toolbar} role="toolbar" aria-label="Labelling">
                <UndoRedo />
                <span className={styles.space} />
                {running && (
                    <>
                        <Badge tone="info">Still being indexed</Badge>
                        <LinkButton size="s" variant="quiet" to={paths.activity(project, video.id)}>
                            Watch
                        </LinkButton>
                    </>
                )}
                <IconButton
                    label={panelsShown ? 'Hide the panels' : 'Show the panels'}
                    shortcut="h"
                    pressed={panelsShown}
                    icon={<PanelIcon />}
                    className={styles.fold}
                    onClick={() => setPanelsShown(!panelsShown)}
                />
            </div>
            <div className={styles.parts} style={{ '--player': `${playerShare * 100}%` } as React.CSSProperties}>
                <section className={styles.left} data-alone={!panelsShown || undefined} aria-label="Video">
                    <StageDrag className={styles.player}>
                        <Player
                            key={video.id}
                            ref={playerRef}
                            video={video}
                            initialUs={us}
                            selected={selected}
                            activeLabel={known ? label : null}
                            onTimeSettled={setUs}
                            onSelect={selection => select(selection?.object.id ?? null)}
                            picking={picking}
                            splitting={splitting}
                        />
                    </StageDrag>
                    <ObjectCard />
                </section>
                {panelsShown && (
                    <>
                        <Splitter
                            label="Width of the player"
                            orientation="vertical"
                            value={playerShare}
                            least={0.35}
                            most={0.7}
                            onChange={setPlayerShare}
                        />
                        <div
                            className={styles.right}
                            style={{ '--panel': `${panelShare * 100}%` } as React.CSSProperties}
                        >
                            <section className={styles.panels} aria-label="Panels">
                                <LabellingPanels />
                            </section>
                            <Splitter
                                label="Height of the panels"
                                orientation="horizontal"
                                value={panelShare}
                                least={0.25}
                                most={0.7}
                                onChange={setPanelShare}
                            />
                            <div className={styles.dock}>
                                <ColumnsDock />
                            </div>
                        </div>
                    </>
                )}
            </div>
        </div>
    );
}
