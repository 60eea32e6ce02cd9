// Icons: 16 × 16, drawn with the colour of the text around them. They are decoration; what carries one has a name.
import type { SVGProps } from 'react';

function Icon({ size = 16, children, ...rest }: SVGProps<SVGSVGElement> & { size?: number }) {
    return (
        <svg
            width={size}
            height={size}
            viewBox="0 0 16 16"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.5"
            strokeLinecap="round"
            strokeLinejoin="round"
            aria-hidden="true"
            focusable="false"
            {...rest}
        >
            {children}
        </svg>
    );
}

type Props = { size?: number; className?: string };

const path = (d: string) =>
    function PathIcon(props: Props) {
        return (
            <Icon {...props}>
                <path d={d} />
            </Icon>
        );
    };

const solid = (d: string) =>
    function SolidIcon(props: Props) {
        return (
            <Icon {...props}>
                <path d={d} fill="currentColor" />
            </Icon>
        );
    };

export const PlusIcon = path('M8 3v10M3 8h10');
export const MinusIcon = path('M3 8h10');
export const CloseIcon = path('m4 4 8 8M12 4l-8 8');
export const CheckIcon = path('m3 8.5 3.2 3.2L13 4.8');
export const ChevronDownIcon = path('m4 6 4 4 4-4');
export const ChevronUpIcon = path('m4 10 4-4 4 4');
export const ChevronLeftIcon = path('m10 4-4 4 4 4');
export const ChevronRightIcon = path('m6 4 4 4-4 4');
export const ArrowLeftIcon = path('M13 8H3m4-4L3 8l4 4');
export const ArrowRightIcon = path('M3 8h10M9 4l4 4-4 4');
export const UploadIcon = path('M8 10.5v-8m-3 3 3-3 3 3M2.5 10.5v3h11v-3');
export const DownloadIcon = path('M8 2.5v8m-3-3 3 3 3-3M2.5 10.5v3h11v-3');
export const TrashIcon = path('M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.6 9h6.8l.6-9M6.7 7v4M9.3 7v4');
export const PencilIcon = path('m3 13 .6-2.8 7.2-7.2 2.2 2.2-7.2 7.2L3 13Z');
export const UndoIcon = path('M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M3 6.5l3-3M3 6.5l3 3');
export const RedoIcon = path('M13 6.5H6.5a3.5 3.5 0 0 0 0 7H10M13 6.5l-3-3M13 6.5l-3 3');
export const RefreshIcon = path('M13 8a5 5 0 1 1-1.5-3.55M13 2.5V5h-2.5');
export const LinkIcon = path(
    'M6.7 9.3a2.6 2.6 0 0 0 3.7 0l2-2a2.6 2.6 0 0 0-3.7-3.7l-.7.700M9.3 6.7a2.6 2.6 0 0 0-3.7 0l-2 2a2.6 2.6 0 0 0 3.7 3.7l.7-.7',
);
export const FilterIcon = path('M2.5 4h11M4.5 8h7M6.5 12h3');
export const MergeIcon = path('M4 2.5v3c0 2 4 2 4 4.5v3.5M12 2.5v3c0 2-4 2-4 4.5');
export const SplitIcon = path(
    'M5.4 5.3l8.1 6.2M5.4 10.7l8.1-6.2M4 2.7a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4ZM4 9.9a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4Z',
);
export const TrackIcon = path('M2.5 5.5v-3h3v3zM10.5 13.5v-3h3v3zM5.5 4H9a3 3 0 0 1 3 3v3.5');
export const HistoryIcon = path('M3 8a5 5 0 1 1 1.5 3.5M3 4.5V8h3.5M8 5.5V8l2 1.5');
export const TagIcon = path('M8.5 2.5h5v5l-6 6-5-5 6-6ZM11 5h.01');
export const WarningIcon = path('M8 2.5 14 13H2L8 2.5ZM8 6.5v3M8 11.3v.01');
export const ExternalIcon = path('M9.5 2.5h4v4M13.5 2.5 7.5 8.5M11.5 9.5v4h-9v-9h4');
export const ZoomInIcon = path('M11 11l3 3M7 3a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM5 7h4M7 5v4');
export const ZoomOutIcon = path('M11 11l3 3M7 3a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM5 7h4');
export const SearchIcon = path('M10.5 10.5 13.5 13.5M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9Z');
export const FolderIcon = path('M2 4.5v8h12v-7H8l-1.5-2H2v1Z');
export const FilmIcon = path('M2.5 3h11v10h-11zM5.5 3v10M10.5 3v10M2.5 6.3h3M2.5 9.7h3M10.5 6.3h3M10.5 9.7h3');
export const ImageIcon = path('M2.5 3h11v10h-11zM2.5 11l3.5-3.5 3 3 1.5-1.5 3 3M10.5 6h.01');
export const ActivityIcon = path('M1.5 8h3l2-5 3 10 2-5h3');
export const MoreIcon = path('M3.5 8h.01M8 8h.01M12.5 8h.01');
export const KeyboardIcon = path('M1.5 4h13v8h-13zM4 6.5h.01M6.7 6.5h.01M9.3 6.5h.01M12 6.5h.01M4.5 9.5h7');
export const SunIcon = path(
    'M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7',
);
export const MoonIcon = path('M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5Z');
export const SystemIcon = path('M2 3h12v8H2zM6 13.5h4M8 11v2.5');
export const PersonIcon = path('M8 8.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.5 14c.5-2.3 2.7-3.5 5.5-3.5s5 1.2 5.5 3.5');
export const PanelIcon = path('M2.5 3h11v10h-11zM9.5 3v10');
export const EyeIcon = path(
    'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z',
);
export const BoxIcon = path('M2.5 5.5v-3h3M10.5 2.5h3v3M13.5 10.5v3h-3M5.5 13.5h-3v-3');
export const GripIcon = path('M6 4h.01M10 4h.01M6 8h.01M10 8h.01M6 12h.01M10 12h.01');
export const CopyIcon = path('M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3');
export const HelpIcon = path('M6 6a2 2 0 1 1 2.8 1.8c-.5.3-.8.6-.8 1.2v.5M8 12v.01');
export const PlayIcon = solid('M5 3.2v9.6L12.5 8 5 3.2Z');
export const PauseIcon = solid('M4.5 3.5h2v9h-2zM9.5 3.5h2v9h-2z');
export const StopIcon = solid('M4 4h8v8H4z');
export const StepForwardIcon = solid('M4 3.5v9L9.5 8 4 3.5ZM11.5 3.5v9');
export const StepBackIcon = solid('M12 3.5v9L6.5 8 12 3.5ZM4.5 3.5v9');
export const VolumeIcon = path('M2.5 6v4h2.5l3.5 3V3L5 6H2.5ZM11 6a3 3 0 0 1 0 4');
export const MutedIcon = path('M2.5 6v4h2.5l3.5 3V3L5 6H2.5ZM11 6.5l3 3M14 6.5l-3 3');
export const FullscreenIcon = path('M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10');
