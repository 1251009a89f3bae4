/**
 * The way from `serverless.yml` into TypeScript: osls loads a `.cjs` file, and Node 24 loads `stack.ts`
 * from it as it is. Here nothing is decided.
 *
 * What is wrong is printed as it was written and ends the process: osls would repeat a thrown error once
 * for every variable that depends on it, between stack traces. The exit code is that of the command line.
 */
const { exit, stderr, versions } = require('node:process');

const NODE_MIN = 24;

function refuse(message, exitCode) {
  stderr.write(`${message}\n`);
  exit(exitCode);
}

module.exports = async ({ options }) => {
  if (Number.parseInt(versions.node, 10) < NODE_MIN) {
    refuse(
      `Node ${versions.node} is too old to read this project: run it by npm, which takes node@24 from ` +
        'node_modules (npm run package -- --region REGION; npm exec serverless -- deploy --region REGION)',
      1,
    );
  }
  const { stackValues } = await import('./stack.ts');
  try {
    return await stackValues({ options, argv: process.argv.slice(2), env: process.env });
  } catch (error) {
    if (error?.name !== 'QuorateError') throw error;
    return refuse(error.message, error.exitCode);
  }
};
