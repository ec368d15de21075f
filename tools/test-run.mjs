// Runs the phases that were asked for and sums them up.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { phaseNames, phases, resultsFolder } from './test-phases.mjs';
import { workspaceRoot } from './workspace-paths.mjs';

const SEEDS = 2000;

/** @returns the exit code: 0, 1 for failures, 2 for arguments that make no sense. */
export async function runTests(args) {
  const wanted = readArguments(args);
  if (wanted.refused !== undefined) {
    console.error(`${wanted.refused}\nusage: npm test -- [PROJECT…] [--only ${phaseNames.join(',')}] [--seeds N] [--e2e NAME]`);
    return 2;
  }
  const results = [];
  for (const name of wanted.names) {
    console.log(`\n== ${name}`);
    const startedMs = Date.now();
    const counts = await phases[name](wanted.options);
    results.push({ name, ...counts, seconds: Math.round((Date.now() - startedMs) / 1000) });
  }
  return report(results, wanted.isFullRun);
}

function readArguments(args) {
  let parsed;
  try {
    const options = { only: { type: 'string' }, seeds: { type: 'string' }, e2e: { type: 'string', multiple: true } };
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    return { refused: error.message };
  }
  const { values, positionals } = parsed;
  const names = values.only === undefined ? (positionals.length > 0 ? ['units'] : phaseNames) : values.only.split(',');
  const strange = names.find((name) => !phaseNames.includes(name));
  if (strange !== undefined) return { refused: `--only ${strange}: no such phase` };
  const seeds = values.seeds === undefined ? SEEDS : Number(values.seeds);
  if (!Number.isInteger(seeds) || seeds < 1) return { refused: `--seeds ${values.seeds}: a whole number above 0 is wanted` };
  return {
    names: phaseNames.filter((name) => names.includes(name)),
    options: { seeds, projects: positionals, e2e: values.e2e ?? [] },
    isFullRun: args.length === 0,
  };
}

function report(results, isFullRun) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  console.log('');
  for (const { name, passed, failed, skipped, seconds } of results) {
    sum.passed += passed;
    sum.failed += failed.length;
    sum.skipped += skipped.length;
    console.log(`${name.padEnd(6)} ${passed} passed, ${failed.length} failed, ${skipped.length} skipped in ${seconds} s`);
  }
  for (const { name, skipped } of results) for (const test of skipped) console.log(`skipped (${name}): ${test.name}: ${test.reason}`);
  for (const { name, failed } of results) for (const test of failed) console.log(`FAILED (${name}): ${test}`);

  const complaints = complaintsAbout(sum, isFullRun);
  for (const complaint of complaints) console.log(complaint);
  const line = `${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`;
  mkdirSync(resultsFolder, { recursive: true });
  writeFileSync(path.join(resultsFolder, 'summary.json'), `${JSON.stringify({ line, ...sum, node: process.version, phases: results }, undefined, 2)}\n`);
  console.log(line);
  return sum.failed > 0 || complaints.length > 0 ? 1 : 0;
}

/** What makes a run without a failed test a failed run all the same. */
function complaintsAbout(sum, isFullRun) {
  const complaints = [];
  if (process.env.CI === 'true' && sum.skipped > 0) complaints.push(`under CI=true nothing may be skipped; ${sum.skipped} were`);
  const minimum = JSON.parse(readFileSync(path.join(workspaceRoot, 'tools', 'minimum-test-count.json'), 'utf8')).passed;
  if (isFullRun && sum.passed < minimum) complaints.push(`only ${sum.passed} passed, and tools/minimum-test-count.json wants ${minimum}: have tests been lost?`);
  if (sum.passed === 0) complaints.push('no test has passed');
  return complaints;
}
