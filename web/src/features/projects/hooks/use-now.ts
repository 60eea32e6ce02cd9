import { useEffect, useState } from 'react';

/** The monotonic clock in milliseconds, told anew every half second while `running`. */
export function useNow(running: boolean): number {
    const [now, setNow] = useState(() => performance.now());
    useEffect(() => {
        if (!running) return;
        const timer = setInterval(() => setNow(performance.now()), 500);
        return () => clearInterval(timer);
    }, [running]);
    return now;
}
