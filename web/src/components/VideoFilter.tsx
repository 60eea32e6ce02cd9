import { useQuery } from '@tanstack/react-query';
import { offeredVideosQuery, videoQuery } from '@/api/queries.ts';
import { FilterSelect } from './FilterSelect.tsx';

interface Props {
    project: string;
    /** Id of a video. */
    value: string | null;
    error?: string | undefined;
    onChange: (video: string | null) => void;
}

/** One of the project's videos, or all of them; not there where there is nothing to choose. */
export function VideoFilter({ project, value, error, onChange }: Props) {
    const offered = useQuery(offeredVideosQuery(project)).data ?? [];
    const isOffered = offered.some(({ id }) => id === value);
    // One that is not among the newest has to be asked for.
    const other = useQuery({ ...videoQuery(value ?? ''), enabled: value !== null && offered.length > 0 && !isOffered });
    if (value === null && offered.length < 2) return null;
    const options = offered.map(({ id, name }) => ({ value: id, label: name }));
    if (value !== null && !isOffered) options.push({ value, label: other.data?.name ?? value });
    return (
        <FilterSelect
            label="Video"
            any="All videos"
            value={value}
            options={options}
            error={error}
            onChange={onChange}
        />
    );
}
