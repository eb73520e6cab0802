// Loaded into a measured process before its own program: at its end it writes what the process used
// and how long its event loop was held up.
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  const figures = {
    loopP99Ms: delay.percentile(99) / 1e6,
    loopMaxMs: delay.max / 1e6,
    cpuMs: (user + system) / 1000,
    peakMb: process.resourceUsage().maxRSS / 1024,
  };
  writeFileSync(process.env.LOOP_PROBE_FILE, JSON.stringify(figures));
});
