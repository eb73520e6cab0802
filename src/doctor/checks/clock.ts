import { formatEndpoint } from '../../../foundation/src/network/endpoint.ts';
import type { Check } from '../check.ts';
import { errorOf } from '../facts.ts';
import { fail, pass, skip, warn } from '../finding.ts';

/** The header has no fractions of a second, and the answer takes time. */
const TOLERATED_S = 60;
/** The runner warns from here on; sign-ins with signed time stamps fail. */
const WRONG_S = 300;
const REMEDY =
  'Synchronize the clock of this machine, with chrony or systemd-timesyncd for example.';

/** The time of this machine, compared with that of the control plane. */
export const clock: Check = {
  name: 'clock',
  title: 'clock',
  needs: ['configuration'],
  run: async (facts) => {
    const subject = 'time';
    const target = await facts.controlPlaneTarget().catch(() => undefined);
    if (target === undefined) {
      const error = await errorOf(facts.controlPlaneTarget());
      return [skip(subject, `no control plane to compare with: ${error?.message ?? ''}`)];
    }
    const where = formatEndpoint(target.endpoint);
    const inspection = await facts.inspect(target);
    if (inspection.stage !== 'done') return [skip(subject, `${where} is not reachable`)];
    const { serverTime } = inspection.handshake;
    if (serverTime === undefined) return [skip(subject, `${where} does not tell its time`)];
    const skew = Math.round((facts.options.machine.clock.now() - serverTime) / 1000);
    const detail = `${Math.abs(skew)} s ${skew < 0 ? 'behind' : 'ahead of'} ${where}`;
    if (Math.abs(skew) > WRONG_S) return [fail(subject, detail, REMEDY)];
    return [
      Math.abs(skew) > TOLERATED_S
        ? warn(subject, detail, REMEDY)
        : pass(subject, skew === 0 ? `the same as ${where}` : detail),
    ];
  },
};
