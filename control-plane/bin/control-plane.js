#!/usr/bin/env node
// Plain JavaScript, so that an older Node can say what is wrong.
if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `control-plane: Node.js 24 or newer is needed, this is ${process.versions.node}; \`npm run control-plane\` uses the one that npm installed\n`,
  );
  process.exitCode = 2;
} else {
  await import('../src/main.ts');
}
