/** The way from serverless-esbuild into TypeScript; see stack.cjs. */
module.exports = () => require('./bundle.ts').bundleOptions();
