// A vitest reporter that writes what test.mjs sums up: { passed, failed: [name], skipped: [{ name, reason }] } to the file
// named by QUORATE_TEST_COUNTS. (The JSON reporter of vitest leaves the reasons of skipped tests out.)
import { writeFileSync } from 'node:fs';

export default class CountingReporter {
  onTestRunEnd(testModules, unhandledErrors) {
    const counts = { passed: 0, failed: [], skipped: [] };
    for (const module of testModules) {
      for (const test of module.children.allTests()) count(counts, test, `${module.relativeModuleId ?? module.moduleId} > ${test.fullName}`);
      for (const where of [module, ...module.children.allSuites()]) {
        // A file that does not load, a beforeAll that throws: no test of it failed, and yet nothing was shown.
        if (where.errors().length > 0) counts.failed.push(`${module.relativeModuleId ?? module.moduleId}: ${where.errors()[0].message}`);
      }
    }
    for (const error of unhandledErrors) counts.failed.push(`outside any test: ${error.message}`);
    writeFileSync(process.env.QUORATE_TEST_COUNTS, JSON.stringify(counts));
  }
}

function count(counts, test, name) {
  const result = test.result();
  if (result.state === 'passed') counts.passed += 1;
  else if (result.state === 'skipped') counts.skipped.push({ name, reason: result.note ?? test.meta().skipReason ?? 'no reason given' });
  else counts.failed.push(result.state === 'failed' ? name : `${name}: did not finish`);
}
