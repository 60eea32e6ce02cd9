// Export and import of labels, for whichever view has buttons for them.
import { useState, type ReactNode } from 'react';
import { ExportDialog } from '@/features/exchange/components/ExportDialog.tsx';
import { ImportDialog } from '@/features/exchange/components/ImportDialog.tsx';

interface About {
    label?: string | null;
    video?: string | null;
}

export interface Exchange {
    exportLabels: (about?: About) => void;
    importLabels: (about?: About) => void;
    /** To be rendered somewhere in the view. */
    dialog: ReactNode;
}

export function useExchange(project: string): Exchange {
    const [open, setOpen] = useState<{ what: 'export' | 'import'; about: About } | null>(null);
    const close = () => setOpen(null);
    return {
        exportLabels: (about = {}) => setOpen({ what: 'export', about }),
        importLabels: (about = {}) => setOpen({ what: 'import', about }),
        dialog:
            open === null ? null : open.what === 'export' ? (
                <ExportDialog project={project} {...open.about} onClose={close} />
            ) : (
                <ImportDialog project={project} {...open.about} onClose={close} />
            ),
    };
}
