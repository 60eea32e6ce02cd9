import { useUrlEnum, useUrlString } from '@/lib/url-state.ts';
import { LEVEL_FILTERS, type LevelFilter } from '../model/log.ts';

/** The log's filter, as the address has it. */
export interface LogUrl {
    level: LevelFilter;
    setLevel: (level: LevelFilter) => void;
    video: string | null;
    setVideo: (video: string | null) => void;
    worker: string | null;
    setWorker: (worker: string | null) => void;
}

export function useLogUrl(): LogUrl {
    const [level, setLevel] = useUrlEnum('level', LEVEL_FILTERS, 'info');
    const [video, setVideo] = useUrlString('logvideo');
    const [worker, setWorker] = useUrlString('worker');
    return { level, setLevel, video, setVideo, worker, setWorker };
}
