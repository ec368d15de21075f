// Calls npm from a script that npm itself may have started.
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';

/**
 * What of npm's settings a nested npm keeps: how to reach the registry and where its caches are. The rest belongs to the
 * outer command (`--workspace`, `--omit=dev`, `--prefix`, `--dry-run` …) and would change what the inner one does.
 */
const KEPT_SETTINGS = new Set([
  'registry', 'cache', 'userconfig', 'globalconfig', 'user_agent', 'proxy', 'https_proxy', 'http_proxy', 'noproxy',
  'ca', 'cafile', 'cert', 'key', 'strict_ssl', 'offline', 'prefer_offline', 'prefer_online', 'maxsockets', 'local_address',
  'fetch_retries', 'fetch_retry_factor', 'fetch_retry_mintimeout', 'fetch_retry_maxtimeout', 'fetch_timeout',
  'replace_registry_host', 'nodedir', 'before',
]);

const PREFIX = /^npm_config_/i;

/** The environment for a nested npm: no NODE_ENV (production would leave the tools out), no settings of the outer command. */
export function nestedNpmEnvironment(env = process.env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => name !== 'NODE_ENV' && (!PREFIX.test(name) || isKept(name))));
}

function isKept(name) {
  const setting = name.replace(PREFIX, '').toLowerCase().replace(/-/g, '_');
  // Settings of one registry or scope: "//host/:_authToken", "@scope:registry".
  return KEPT_SETTINGS.has(setting) || setting.startsWith('//') || setting.startsWith('@');
}

/**
 * How to start npm: with this very Node, so that what is installed fits it.
 *
 * @returns command and leading arguments; npm's own file where it is known, else whatever `npm` is on PATH.
 */
export function npmCommand(env = process.env) {
  const script = [env.npm_execpath, ...npmsOnPath(env)].find((file) => file && path.basename(file) === 'npm-cli.js' && existsSync(file));
  return script === undefined ? { command: 'npm', args: [] } : { command: process.execPath, args: [script] };
}

function npmsOnPath(env) {
  return (env.PATH || '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, 'npm'))
    .filter((file) => existsSync(file))
    .map((file) => realpathSync(file));
}
