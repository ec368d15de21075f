export { publish, type Report, type Row } from './report.js';
export { overRuns, percentile, summarize, type Summary } from './statistics.js';
