import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { loadSettings, openCommandLog, type Invocation } from '../invocation.ts';
import { hideProxyPassword } from '../proxy-password.ts';
import { composeRunner } from '../runner/compose-runner.ts';
import { lastExitFile } from '../../service/last-exit.ts';
import { serve } from '../runner/serve.ts';

/** The service. Ends with exit code 0 after a drain. */
export async function run(invocation: Invocation): Promise<void> {
  const settings = await loadSettings(invocation);
  const { config } = settings;
  const lastExit = lastExitFile(config.stateDir);
  // The link holds no secret, and workers redact what they log. Only a proxy password remains to
  // hide.
  const logger = await openCommandLog(settings, invocation, {
    descriptor: 1,
    redact: hideProxyPassword(config.network.proxy),
  });
  const runner = await composeRunner(config, logger, invocation.env);
  try {
    await lastExit.clear();
    await serve(runner, config, logger, invocation);
  } catch (thrown) {
    const failure = RunnerError.from(thrown).toFailure();
    // A file that cannot be written is ignored; the exit code and the log remain.
    await lastExit.write(failure, systemClock.now()).catch(() => undefined);
    throw thrown;
  } finally {
    await runner.close();
  }
}
