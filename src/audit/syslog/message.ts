import type { Line } from '../line.ts';

/** Numbers of RFC 5424, 6.2.1. */
const FACILITY_NUMBERS = {
  user: 1,
  daemon: 3,
  auth: 4,
  authpriv: 10,
  audit: 13,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const;

export type Facility = keyof typeof FACILITY_NUMBERS;
export const FACILITIES = Object.keys(FACILITY_NUMBERS) as [Facility, ...Facility[]];

const ERROR = 3;
const WARNING = 4;
const NOTICE = 5;
const INFORMATIONAL = 6;

const DENIALS: readonly unknown[] = ['deny', 'reject', 'warn'];
const NOTABLE = ['trailExpired', 'incompleteLineRemoved'];

/** Who says it, in every message. */
export interface Origin {
  readonly facility: Facility;
  /** Name of this machine. */
  readonly hostname: string;
}

/**
 * A message of RFC 5424 in the frame of RFC 5425: its length, and a header before the line of the
 * trail as it is in its file, without a byte order mark. `line` is what the text means; undefined
 * if it is damaged.
 */
export function encodeFrame(
  text: string,
  line: Line | undefined,
  { facility, hostname }: Origin,
): Buffer {
  const priority = FACILITY_NUMBERS[facility] * 8 + severityOf(line);
  const time = line?.time ?? '-';
  const event = word(line?.event ?? '', 32);
  const header = `<${priority}>1 ${time} ${word(hostname, 255)} hybrid-runner - ${event} -`;
  const message = Buffer.from(`${header} ${text}`);
  return Buffer.concat([Buffer.from(`${message.byteLength} `), message]);
}

function severityOf(line: Line | undefined): number {
  if (line === undefined) return ERROR;
  if (line.event === 'policy' && line['problem'] !== undefined) return ERROR;
  const isDenied = DENIALS.includes(line['decision']);
  if (isDenied || line.event === 'secretUnavailable' || 'alarm' in line) return WARNING;
  return NOTABLE.includes(line.event) ? NOTICE : INFORMATIONAL;
}

/** A header has only visible ASCII; `-` stands for no value. */
function word(text: string, maxLength: number): string {
  return /^[\x21-\x7e]+$/.test(text) ? text.slice(0, maxLength) : '-';
}
