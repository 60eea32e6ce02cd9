import { createContext } from 'react';
import { sumsOf, type Sums } from '../model/progress.ts';

/** What the videos in view have come to. */
export const SumsContext = createContext<Sums>(sumsOf([]));
