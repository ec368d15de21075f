// Import rules by layer and scope, and the net that keeps the pure packages pure. One deliberate offender for each rule
// lies in tools/lint-offenders; tools/lint.mjs proves that every one of them is caught.
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

const onlyLayers = (sourceTag, ...layers) => ({ sourceTag, onlyDependOnLibsWithTags: layers.map((layer) => `layer:${layer}`) });
const onlyScopes = (sourceTag, ...scopes) => ({ sourceTag, onlyDependOnLibsWithTags: scopes.map((scope) => `scope:${scope}`) });

const depConstraints = [
  { ...onlyLayers('layer:schema', 'schema'), allowedExternalImports: ['@bufbuild/protobuf', '@bufbuild/protobuf/**'] },
  { ...onlyLayers('layer:core', 'schema', 'core'), allowedExternalImports: [] },
  { ...onlyLayers('layer:host', 'schema', 'core', 'host'), allowedExternalImports: [] },
  { sourceTag: 'layer:telemetry', onlyDependOnLibsWithTags: [], allowedExternalImports: ['@opentelemetry/*', 'pino', 'prom-client'] },
  {
    ...onlyLayers('layer:adapter', 'schema', 'core', 'host', 'telemetry'),
    allowedExternalImports: ['@grpc/*', 'grpc-health-check', '@nats-io/*', '@bufbuild/protobuf', '@bufbuild/protobuf/**'],
  },
  { ...onlyLayers('layer:role', 'schema', 'core', 'host', 'adapter', 'telemetry', 'role'), allowedExternalImports: [] },
  { ...onlyLayers('layer:app', 'schema', 'core', 'host', 'adapter', 'telemetry', 'role'), allowedExternalImports: [] },
  {
    ...onlyLayers('layer:testkit', 'schema', 'core', 'host', 'adapter', 'role'),
    allowedExternalImports: ['fast-check', '@grpc/grpc-js', '@nats-io/*', 'vitest'],
  },
  onlyLayers('layer:tool', 'schema', 'core', 'host', 'adapter', 'telemetry', 'role', 'testkit', 'tool'),
  onlyScopes('scope:shared', 'shared'),
  onlyScopes('scope:raft', 'raft', 'shared'),
  onlyScopes('scope:metadata', 'metadata', 'shared'),
  onlyScopes('scope:edge', 'edge', 'raft', 'metadata', 'shared'),
];

/** Schema, core and host packages, and the log but for the one file that touches the disk. */
export const PURE = ['records', 'config', 'raft-core', 'metadata-image', 'controller-core', 'raft-node', 'controller-node', 'metadata-follower', 'metadata-log'];
const PURE_FILES = PURE.map((name) => `packages/${name}/src/**/*.ts`);
const SPECS = ['**/*.spec.ts', '**/test/**/*.ts'];

const timers = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'clearTimeout', 'clearInterval'];
const worldly = ['Date', 'process', 'performance', 'crypto', 'globalThis', 'Buffer', 'fetch', 'console', ...timers];
const nodeBuiltins = ['assert', 'buffer', 'child_process', 'cluster', 'crypto', 'dgram', 'dns', 'events', 'fs', 'http', 'http2', 'https', 'net', 'os', 'path', 'perf_hooks', 'process', 'readline', 'stream', 'timers', 'tls', 'url', 'util', 'v8', 'vm', 'worker_threads', 'zlib'];

const bytesSlice = {
  selector: "CallExpression[callee.property.name='slice'][callee.object.name=/([bB]ytes|[pP]ayload|[bB]uffer|[fF]rame|[cC]hunk)$/]",
  message: 'slice() of a Buffer does not copy: use copyBytes() for a copy or subarray() for a view.',
};
const bytesSliceOfMember = { ...bytesSlice, selector: "CallExpression[callee.property.name='slice'][callee.object.property.name=/([bB]ytes|[pP]ayload|[bB]uffer|[fF]rame|[cC]hunk)$/]" };
const noPromises = { selector: ":matches(AwaitExpression, NewExpression[callee.name='Promise'], FunctionDeclaration[async=true], ArrowFunctionExpression[async=true], FunctionExpression[async=true])", message: 'No promises here: ports complete by callback, in call order (ARCHITECTURE.md).' };

export default [
  { ignores: ['**/dist/**', '**/src/gen/**', '**/node_modules/**', '.nx/**', '.cache/**', '**/golden/**', ...(process.env.QUORATE_LINT_OFFENDERS ? [] : ['**/offender-*.ts'])] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser, parserOptions: { ecmaVersion: 2023, sourceType: 'module' } },
    plugins: { '@nx': nx, '@typescript-eslint': tseslint.plugin },
    rules: {
      'no-restricted-syntax': ['error', bytesSlice, bytesSliceOfMember],
      'no-var': 'error',
      'prefer-const': 'error',
      eqeqeq: 'error',
      'no-constant-condition': ['error', { checkLoops: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    files: ['packages/**/*.ts', 'apps/**/*.ts', 'tools/**/*.ts'],
    ignores: SPECS,
    rules: {
      '@nx/enforce-module-boundaries': ['error', { allow: [], banTransitiveDependencies: true, enforceBuildableLibDependency: false, depConstraints }],
    },
  },
  {
    files: PURE_FILES,
    ignores: [...SPECS, 'packages/metadata-log/src/node-file-system.ts', 'packages/metadata-log/src/node-*.ts'],
    rules: {
      'no-restricted-imports': ['error', { paths: nodeBuiltins.map((name) => ({ name, message: 'A pure package: hand it in.' })), patterns: [{ group: ['node:*'], message: 'A pure package: time, randomness, disk and network are handed in.' }] }],
      'no-restricted-globals': ['error', ...worldly.map((name) => ({ name, message: 'A pure package: time, randomness and the world are handed in.' }))],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'Randomness is handed in.' }],
    },
  },
  {
    files: ['raft-core', 'raft-node', 'controller-node', 'metadata-log'].map((name) => `packages/${name}/src/**/*.ts`),
    ignores: SPECS,
    rules: { 'no-restricted-syntax': ['error', bytesSlice, bytesSliceOfMember, noPromises] },
  },
];
