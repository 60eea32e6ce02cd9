import { createContext } from 'react';
import { storedOf, sumsOf, type Stored } from '../model/progress.ts';

/** What there is at the two ends of the data flow. */
export const StoredContext = createContext<Stored>(storedOf(sumsOf([])));
