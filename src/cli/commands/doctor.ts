import { makeDoctorReport } from '../doctor-report.ts';
import { reportText } from '../doctor-text.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { hasColor, type Invocation } from '../invocation.ts';

const CLEAR_LINE = '\r\u001b[2K';

/** Checks the installation and everything around it. Changes nothing. */
export async function doctor(invocation: Invocation): Promise<ExitCode> {
  const { terminal, env } = invocation;
  const draw = (text: string): void => {
    if (terminal.redraws(terminal.stderr)) terminal.stderr.write(`${CLEAR_LINE}${text}`);
  };
  let ended = 0;
  const report = await makeDoctorReport(invocation, ({ title }) =>
    draw(`checking … ${++ended} done: ${title}`),
  ).finally(() => draw(''));
  if (terminal.json) terminal.result(report, '');
  else {
    const color = terminal.stdout.isTTY === true && hasColor(env);
    // The report has no control characters; only the colors are added here.
    terminal.stdout.write(`${reportText(report, { color, width: terminal.columns })}\n`);
  }
  return report.status === 'fail' ? EXIT.unhealthy.code : EXIT.ok.code;
}
