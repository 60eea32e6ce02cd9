import { useLayoutEffect, useRef } from 'react';
import { usePixelRatio } from '../hooks/useElementSize.ts';
import { useShownTheme } from '../hooks/useShownTheme.ts';
import { paintTimeline, readTimelineColours, type TimelineScene } from '../model/timeline-painter.ts';
import styles from './Timeline.module.css';

type Props = Omit<TimelineScene, 'pixelRatio' | 'colours'>;

export function TimelineCanvas(props: Props) {
    const { viewport, size, columns, borders, missing, labelFill, selectedUs } = props;
    const canvas = useRef<HTMLCanvasElement>(null);
    const pixelRatio = usePixelRatio();
    const theme = useShownTheme();
    useLayoutEffect(() => {
        const context = canvas.current?.getContext('2d');
        if (!canvas.current || !context) return;
        const colours = readTimelineColours(canvas.current);
        paintTimeline(context, {
            ...{ viewport, size, columns, borders, missing, labelFill, selectedUs },
            pixelRatio,
            colours,
        });
    }, [viewport, size, columns, borders, missing, labelFill, selectedUs, pixelRatio, theme]);
    return (
        <canvas
            ref={canvas}
            className={styles.canvas}
            width={Math.round(size.width * pixelRatio)}
            height={Math.round(size.height * pixelRatio)}
            aria-hidden="true"
        />
    );
}
