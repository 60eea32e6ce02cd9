import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from 'react-router';
import { newQueryClient } from '@/api/query-client.ts';
import { router } from './router.tsx';

const queries = newQueryClient();

export function App() {
    return (
        <QueryClientProvider client={queries}>
            <RouterProvider router={router} />
        </QueryClientProvider>
    );
}
