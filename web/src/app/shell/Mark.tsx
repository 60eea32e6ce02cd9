/** The mark: the corners of a box around an F, as a detector draws them. */
export function Mark({ size = 22 }: { size?: number }) {
    return (
        <svg width={size} height={size} viewBox="0 0 24 24" fill="none" strokeWidth="2" aria-hidden="true">
            <path d="M3 8V3h5M16 3h5v5M21 16v5h-5M8 21H3v-5" stroke="var(--accent)" />
            <path d="M9 17.5V7h6.5M9 12h5" stroke="currentColor" strokeWidth="2.2" />
        </svg>
    );
}
