import { Button } from '@/components/Button.tsx';
import { Dialog } from '@/components/Dialog.tsx';

export function LeaveDialog({ onStay, onLeave }: { onStay: () => void; onLeave: () => void }) {
    return (
        <Dialog
            title="Stop the upload?"
            size="s"
            onClose={onStay}
            actions={
                <>
                    <Button onClick={onStay}>Stay</Button>
                    <Button variant="danger" onClick={onLeave}>
                        Stop and leave
                    </Button>
                </>
            }
        >
            Files are still being uploaded. Leaving this page stops that, and what was sent of them is lost. Files that
            are uploaded already stay.
        </Dialog>
    );
}
