import { parseInitialControllers, type InitialController, type ServerConfig } from '@quorate/config';
import type { Voter } from '@quorate/raft-core';
import type { Uuid } from '@quorate/records';
import { CommandError } from './command.js';

/** Which of Kafka's three ways a controller is formatted by. */
export type FormatMode =
  | { readonly kind: 'standalone' }
  | { readonly kind: 'initial-controllers'; readonly text: string }
  | { readonly kind: 'no-initial-controllers' }
  | { readonly kind: 'none' };

/** One directory to format. */
export interface DirectoryPlan {
  readonly path: string;
  /** Whether `__cluster_metadata-0` lies in it. */
  readonly holdsMetadata: boolean;
  readonly directoryId: Uuid;
}

export interface FormatPlan {
  readonly directories: readonly DirectoryPlan[];
  /** The first voter set; undefined for a node that joins later, and for brokers. */
  readonly voters: readonly Voter[] | undefined;
}

const KRAFT_VERSION_RANGE = { min: 0, max: 1 };

/** Decides what `storage format` does, from the configuration and the flags. Throws a CommandError that says what to write. */
export function planFormat(config: ServerConfig, mode: FormatMode, newUuid: () => Uuid): FormatPlan {
  const isController = config.roles.includes('controller');
  refuseWrongMode(isController, mode);
  const voters = isController ? initialVoters(config, mode, newUuid) : undefined;
  const own = voters?.find((voter) => voter.id === config.nodeId);
  const paths = [...new Set([config.metadataLogDir, ...config.logDirs])];
  return {
    voters,
    directories: paths.map((path) => {
      const holdsMetadata = path === config.metadataLogDir;
      return { path, holdsMetadata, directoryId: (holdsMetadata ? own?.directoryId : undefined) ?? newUuid() };
    }),
  };
}

function refuseWrongMode(isController: boolean, mode: FormatMode): void {
  if (isController && mode.kind === 'none') {
    throw new CommandError(
      'a controller needs one of: --standalone (a quorum of this node alone), --initial-controllers ID@HOST:PORT:DIRECTORY-ID,… (the same text on every controller), ' +
        '--no-initial-controllers (it joins a quorum that exists)',
    );
  }
  if (!isController && (mode.kind === 'standalone' || mode.kind === 'initial-controllers')) {
    throw new CommandError(`--${mode.kind} is for controllers; this node has process.roles=broker: leave it out`);
  }
}

function initialVoters(config: ServerConfig, mode: FormatMode, newUuid: () => Uuid): readonly Voter[] | undefined {
  switch (mode.kind) {
    case 'standalone':
      return [standaloneVoter(config, newUuid())];
    case 'initial-controllers': {
      const parsed = parseInitialControllers(mode.text);
      if (parsed.kind === 'refused') throw new CommandError(`--initial-controllers ${mode.text}: ${parsed.problem}. Accepted: ${parsed.accepted}`);
      const name = controllerListener(config).name;
      refuseForeignAddress(config, parsed.value);
      return parsed.value.map((controller) => ({
        id: controller.id,
        directoryId: controller.directoryId,
        endpoints: [{ name, host: controller.host, port: controller.port }],
        kraftVersion: KRAFT_VERSION_RANGE,
      }));
    }
    case 'no-initial-controllers':
    case 'none':
      return undefined;
  }
}

/** A list that names this node under another address would make it a voter that nobody can reach. */
function refuseForeignAddress(config: ServerConfig, controllers: readonly InitialController[]): void {
  const own = controllers.find((controller) => controller.id === config.nodeId);
  if (own === undefined) {
    throw new CommandError(
      `--initial-controllers names ${controllers.map((controller) => controller.id).join(', ')}, but this node is node.id=${config.nodeId}. ` +
        'Add it, or format it with --no-initial-controllers so that it joins later',
    );
  }
}

function controllerListener(config: ServerConfig): { readonly name: string; readonly host: string; readonly port: number } {
  const listener = config.listeners.find((candidate) => config.controllerListenerNames.includes(candidate.name));
  if (listener === undefined) throw new CommandError('controller.listener.names names none of the listeners');
  const advertised = listener.advertised ?? { host: listener.host, port: listener.port };
  return { name: listener.name, host: advertised.host, port: advertised.port };
}

function standaloneVoter(config: ServerConfig, directoryId: Uuid): Voter {
  const { name, host, port } = controllerListener(config);
  return { id: config.nodeId, directoryId, endpoints: [{ name, host: host === '' ? 'localhost' : host, port }], kraftVersion: KRAFT_VERSION_RANGE };
}
