import { useMemo } from 'react';
import { formatCount, formatDuration, formatRate } from '@/lib/format.ts';
import type { StreamSnapshot } from '../api/activity-stream.ts';
import { useActivityEvery } from '../hooks/activity-context.ts';
import { totalsOf, workersByPart } from '../model/activity.ts';
import { rateOf, timeLeftUs, type Samples, type Sums, type Video } from '../model/progress.ts';
import styles from './Totals.module.css';

const workersOf = ({ activity }: StreamSnapshot) => activity.workers;

interface Props {
    sums: Sums;
    videos: readonly Video[];
    samples: Samples;
    /** Whether the figures are of all there is: then the workers say how fast it goes. */
    everything: boolean;
}

function sumOfRates(videos: readonly Video[], samples: Samples): number {
    return videos.reduce((sum, video) => sum + (rateOf(samples.get(video.id)) ?? 0), 0);
}

/** Everything in view, in one line of figures. */
export function Totals({ sums, videos, samples, everything }: Props) {
    const workers = useActivityEvery(500, workersOf);
    const indexers = useMemo(() => totalsOf(workersByPart(workers).indexer), [workers]);
    const rate = everything ? indexers.rate : sumOfRates(videos, samples);
    const left = timeLeftUs(videos, samples);
    const figures: { name: string; value: string; of?: string; bad?: boolean }[] = [
        { name: 'Segments', value: formatCount(sums.segmentsDone), of: formatCount(sums.segments) },
        { name: 'Frames', value: formatCount(sums.indexed), of: formatCount(sums.emitted) },
        { name: 'Objects', value: formatCount(sums.objects) },
        // Every object that is stored has its vector: the indexer writes it before.
        { name: 'Vectors', value: formatCount(sums.objects) },
        ...(sums.failed > 0 ? [{ name: 'Failed frames', value: formatCount(sums.failed), bad: true }] : []),
        { name: 'Rate', value: sums.unfinished > 0 || rate >= 0.05 ? formatRate(rate) : '–' },
        {
            name: 'Time left',
            value: sums.unfinished === 0 ? '–' : left === null ? 'not known yet' : `about ${formatDuration(left)}`,
        },
    ];
    return (
        <dl className={styles.totals} aria-label="Totals">
            {figures.map(({ name, value, of, bad }) => (
                <div key={name} className={styles.figure}>
                    <dt>{name}</dt>
                    <dd className={bad ? styles.bad : undefined}>
                        {value}
                        {of !== undefined && <span className={styles.of}> of {of}</span>}
                    </dd>
                </div>
            ))}
        </dl>
    );
}
