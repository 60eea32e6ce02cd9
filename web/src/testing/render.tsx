// Renders a component inside what the application gives it: queries and the router.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, type RenderResult } from '@testing-library/react';
import type { ReactNode } from 'react';
import { createMemoryRouter, RouterProvider } from 'react-router';

interface Options {
    /** The address the view is opened at. */
    address?: string;
    /** Where the element stands, e.g. "/p/:project". */
    path?: string;
}

export function renderInApp(element: ReactNode, options: Options = {}): RenderResult & { queries: QueryClient } {
    const { address = '/', path = '*' } = options;
    const queries = new QueryClient({ defaultOptions: { queries: { retry: false, networkMode: 'always' } } });
    const router = createMemoryRouter([{ path, element }], { initialEntries: [address] });
    const result = render(
        <QueryClientProvider client={queries}>
            <RouterProvider router={router} />
        </QueryClientProvider>,
    );
    return { ...result, queries };
}
