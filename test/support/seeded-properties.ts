import { configureGlobal } from 'fast-check';
import { seed } from './property-runs.ts';

configureGlobal({ seed });
