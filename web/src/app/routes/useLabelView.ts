// The labelling view's address: what is looked at can be copied, opened elsewhere, and is the same.
import { useCallback, useMemo, useRef, type RefObject } from 'react';
import { useNavigate } from 'react-router';
import type { Schema } from '@/api/client.ts';
import type { SimilarFilters } from '@/features/labelling/api/queries.ts';
import type { LabellingView, Stage } from '@/features/labelling/hooks/useLabelling.ts';
import { pictureInFrame } from '@/features/labelling/model/picture.ts';
import type { PlayerHandle } from '@/features/player/components/Player.tsx';
import { paths } from '@/lib/paths.ts';
import { useUrlEnum, useUrlNumber, useUrlString } from '@/lib/url-state.ts';

const PANELS = ['similar', 'labels', 'candidates'] as const;
const SCOPES = ['project', 'video'] as const;

export interface LabelViewState {
    labelling: LabellingView;
    setUs: (us: number) => void;
    select: (object: string | null) => void;
    playerRef: RefObject<PlayerHandle | null>;
}

export function useLabelView(
    project: string,
    { id: video, progress }: Schema<'Video'>,
    exportLabel: (label: string) => void,
): LabelViewState {
    const navigate = useNavigate();
    const playerRef = useRef<PlayerHandle | null>(null);
    const [us, setUs] = useUrlNumber('t');
    const [selected, select] = useUrlString('sel');
    const [label, setLabel] = useUrlString('label');
    const [panel, setPanel] = useUrlEnum('panel', PANELS, 'similar');
    const [scope, setScope] = useUrlEnum('scope', SCOPES, 'project');
    const [className, setClass] = useUrlString('class');
    const [hasLabel, setHasLabel] = useUrlString('haslabel');
    const [minScore, setMinScore] = useUrlNumber('min');

    const filters = useMemo<SimilarFilters>(
        () => ({ scope, class: className, label: hasLabel, minScore }),
        [scope, className, hasLabel, minScore],
    );
    const setFilters = useCallback(
        (change: Partial<SimilarFilters>) => {
            if (change.scope !== undefined) setScope(change.scope);
            if (change.class !== undefined) setClass(change.class);
            if (change.label !== undefined) setHasLabel(change.label);
            if (change.minScore !== undefined) setMinScore(change.minScore);
        },
        [setScope, setClass, setHasLabel, setMinScore],
    );
    const open = useCallback<LabellingView['open']>(
        ({ object, video: where, pts_us: at }) => {
            if (where === video) {
                playerRef.current?.pause();
                playerRef.current?.seekTo(at);
                setUs(at);
                select(object);
                return;
            }
            const keep = new URLSearchParams(window.location.search);
            keep.set('t', String(at));
            keep.set('sel', object);
            void navigate(`${paths.video(project, where)}?${keep.toString()}`);
        },
        [video, project, navigate, setUs, select],
    );
    const unselect = useCallback(() => select(null), [select]);
    const stage = useMemo<Stage>(
        () => ({
            currentUs: () => playerRef.current?.currentUs() ?? 0,
            boxAt: (x, y) => {
                const found = playerRef.current?.boxAt(x, y) ?? null;
                return found === null ? null : pictureInFrame(found.object, found.frame, video);
            },
            point: object => playerRef.current?.point(object),
        }),
        [video],
    );
    return {
        labelling: {
            ...{
                project,
                video,
                selected,
                unselect,
                label,
                setLabel,
                panel,
                setPanel,
                filters,
                setFilters,
                open,
                stage,
            },
            exportLabel,
            tracked: progress.tracked,
            us: Math.max(0, us ?? 0),
        },
        setUs,
        select,
        playerRef,
    };
}
