export { CommandError, type CliCommand, type CommandResult, type CommandWorld } from './command.js';
export { planFormat, type DirectoryPlan, type FormatMode, type FormatPlan } from './format-plan.js';
export { storageFormat } from './storage-format.js';
export { storageInfo } from './storage-info.js';
