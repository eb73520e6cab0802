import { describeKills } from './runs.ts';

describeKills('grpc');
