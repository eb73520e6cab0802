import { parseArgs } from 'node:util';
import type { NetworkChannel } from '../foundation/src/network/channel-kind.ts';

export interface DemoOptions {
  readonly objects: number;
  /**
   * Round trip of each Salesforce call, in milliseconds; 0 leaves out the model of server time as
   * well.
   */
  readonly latencyMs: number;
  readonly channel: NetworkChannel;
  readonly json: boolean;
  readonly keep: boolean;
  /** An OpenMetadata server drives the control plane, and gets the metadata. */
  readonly openMetadata?: boolean;
}

export const USAGE = `Usage: npm run demo -- [options]

Runs the main job on this machine: a sandbox Salesforce org, a control plane and a runner.

  --openmetadata   an OpenMetadata server (a double of it) drives the runner; each call is shown
  --objects N      sObjects in the org (default 300; with --openmetadata 40)
  --latency MS     round trip of each Salesforce call, with server time modeled on top (default 0: none)
  --channel KIND   ws or grpc (default ws)
  --keep           leave everything running afterwards
  --json           end with one line of JSON
`;

/** Reads the command line. Throws a one-line Error for the person who typed it. */
export function readOptions(argv: readonly string[]): DemoOptions | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      openmetadata: { type: 'boolean', default: false },
      objects: { type: 'string' },
      latency: { type: 'string', default: '0' },
      channel: { type: 'string', default: 'ws' },
      keep: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  if (values.openmetadata && values.keep) throw new Error('--keep does not go with --openmetadata');
  const objects = values.objects ?? (values.openmetadata ? '40' : '300');
  return {
    objects: wholeNumber('--objects', objects, 1, 5000),
    latencyMs: wholeNumber('--latency', values.latency, 0, 10_000),
    channel: channelKind(values.channel),
    json: values.json,
    keep: values.keep,
    openMetadata: values.openmetadata,
  };
}

function channelKind(text: string): NetworkChannel {
  if (text === 'ws' || text === 'grpc') return text;
  throw new Error(`--channel takes ws or grpc, not "${text}"`);
}

function wholeNumber(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new Error(`${name} takes a whole number from ${low} to ${high}, not "${text}"`);
}
