import { systemRandom } from '../../foundation/src/runtime/random.ts';
import { keptVersions } from '../../src/secrets/value-versions.ts';

const [directory = '', at = '0'] = process.argv.slice(2);

// All processes of a test begin at the same moment, whichever started first.
while (Date.now() < Number(at));
process.stdout.write(await keptVersions(directory, systemRandom).of('a value'));
