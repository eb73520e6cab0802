import { formatEndpoint } from '../../../foundation/src/network/endpoint.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { dayOf } from '../certificates.ts';
import type { Check } from '../check.ts';
import type { Facts } from '../facts.ts';
import { fail, pass, skip, warn, type Finding } from '../finding.ts';
import { inParallel } from '../in-parallel.ts';

/** The header has no fractions of a second, and the answer takes time. */
const TOLERATED_S = 60;
/** The runner warns from here on; sign-ins with signed time stamps fail. */
const WRONG_S = 300;
const SUBJECT = 'time';
const REMEDY =
  'Synchronize the clock of this machine, with chrony or systemd-timesyncd for example.';

/**
 * The time of this machine, compared with that of the control plane; without it, with the
 * certificates of the other servers.
 */
export const clock: Check = {
  name: 'clock',
  title: 'clock',
  needs: ['configuration'],
  run: async (facts, signal) => {
    const { clock: own } = facts.options.machine;
    return [
      (await againstControlPlane(facts, own)) ?? (await againstCertificates(facts, own, signal)),
    ];
  },
};

/** Undefined if the control plane does not report its time. */
async function againstControlPlane(facts: Facts, own: Clock): Promise<Finding | undefined> {
  const target = await facts.controlPlaneTarget().catch(() => undefined);
  const inspection = target === undefined ? undefined : await facts.inspect(target);
  if (target === undefined || inspection?.stage !== 'done') return undefined;
  const { serverTime } = inspection.handshake;
  if (serverTime === undefined) return undefined;
  const where = formatEndpoint(target.endpoint);
  const skew = Math.round((own.now() - serverTime) / 1000);
  const detail = `${Math.abs(skew)} s ${skew < 0 ? 'behind' : 'ahead of'} ${where}`;
  if (Math.abs(skew) > WRONG_S) return fail(SUBJECT, detail, REMEDY);
  return Math.abs(skew) > TOLERATED_S
    ? warn(SUBJECT, detail, REMEDY)
    : pass(SUBJECT, skew === 0 ? `the same as ${where}` : detail);
}

/** A certificate that is not valid yet was issued after the time that this machine believes in. */
async function againstCertificates(
  facts: Facts,
  own: Clock,
  signal: AbortSignal,
): Promise<Finding> {
  const targets = await facts.targets();
  const inspections = await inParallel(targets, signal, (target) => facts.inspect(target));
  const now = own.now();
  const early = inspections
    .flatMap((inspection) => (inspection.stage === 'done' ? inspection.handshake.chain : []))
    .find(({ notBefore }) => notBefore > now);
  return early === undefined
    ? skip(SUBJECT, 'the control plane did not report its time')
    : fail(
        SUBJECT,
        `it is ${dayOf(now)} here, but the certificate of ${early.subject} is valid only from ${dayOf(early.notBefore)}`,
        REMEDY,
      );
}
