import { isReservedUuid } from '@quorate/records';
import type { Uuid } from '@quorate/records';
import type { FeatureRangeRow } from '@quorate/metadata-image';
import type { DecideContext, ItemError, RegisterBrokerCommand } from '../command.js';
import type { DecisionState } from '../decision-state.js';
import { refusal } from '../errors.js';
import { KRAFT_VERSION, METADATA_VERSION } from '../metadata-version.js';

/** Why a registration is refused, or undefined; the checks run in Kafka's order. */
export function refuseRegistration(command: RegisterBrokerCommand, state: DecisionState, context: DecideContext): ItemError | undefined {
  return (
    refuseClusterId(command, state) ??
    refuseControllersId(command, state) ??
    refuseDuplicate(command, state, context) ??
    refuseEndpoints(command) ??
    refuseLogDirs(command, state) ??
    refuseFeatures(command, state)
  );
}

function refuseClusterId({ clusterId }: RegisterBrokerCommand, { config }: DecisionState): ItemError | undefined {
  if (clusterId === config.clusterId) return undefined;
  return refusal('INCONSISTENT_CLUSTER_ID', `Expected cluster id ${config.clusterId}, the broker named ${clusterId}.`);
}

/** Node ids are unique over brokers and controllers (Kafka checks that only where `controller.quorum.voters` is static). */
function refuseControllersId({ brokerId }: RegisterBrokerCommand, { config }: DecisionState): ItemError | undefined {
  const controllerIds = config.controllerIds();
  if (!controllerIds.includes(brokerId)) return undefined;
  return refusal('INVALID_REGISTRATION', `Node id ${brokerId} is that of a controller (the controllers are ${controllerIds.join(', ')}): a broker needs another node.id.`);
}

/**
 * Two processes under one broker id. Only a session that is over frees the id; a broker that restarts quickly is told to
 * try again, also one in controlled shutdown (KAFKA-19047 relaxed that, KAFKA-19130 undid it).
 */
function refuseDuplicate({ brokerId, incarnationId }: RegisterBrokerCommand, { view, sessions }: DecisionState, { nowMs }: DecideContext): ItemError | undefined {
  const present = view.broker(brokerId);
  if (present === undefined || present.incarnationId === incarnationId) return undefined;
  if (!sessions.hasValidSession(brokerId, present.epoch, nowMs)) return undefined;
  return refusal('DUPLICATE_BROKER_REGISTRATION', `Another broker is registered with id ${brokerId} and its session is still valid.`);
}

function refuseEndpoints({ brokerId, endpoints }: RegisterBrokerCommand): ItemError | undefined {
  if (endpoints.length === 0) return refusal('INVALID_REGISTRATION', `Broker ${brokerId} named no endpoint.`);
  const twice = firstDuplicate(endpoints.map(({ name }) => name));
  if (twice !== undefined) return refusal('INVALID_REGISTRATION', `Broker ${brokerId} named listener ${twice} twice.`);
  const bad = endpoints.find(({ port }) => !Number.isInteger(port) || port < 0 || port > 65_535);
  return bad === undefined ? undefined : refusal('INVALID_REGISTRATION', `Listener ${bad.name} of broker ${brokerId} has port ${bad.port}, which is not from 0 to 65535.`);
}

function refuseLogDirs({ brokerId, logDirs }: RegisterBrokerCommand, { view, features }: DecisionState): ItemError | undefined {
  if (!features.hasDirectories) return undefined;
  if (logDirs.length === 0) return refusal('INVALID_REGISTRATION', `Broker ${brokerId} named no log directory.`);
  const reserved = logDirs.find(isReservedUuid);
  if (reserved !== undefined) return refusal('INVALID_REGISTRATION', `Broker ${brokerId} named the reserved directory id ${reserved}.`);
  const twice = firstDuplicate<Uuid>(logDirs);
  if (twice !== undefined) return refusal('INVALID_REGISTRATION', `Broker ${brokerId} named log directory ${twice} twice.`);
  for (const other of view.brokers()) {
    const shared = other.id === brokerId ? undefined : logDirs.find((directory) => other.logDirs.includes(directory));
    if (shared !== undefined) return refusal('INVALID_REGISTRATION', `Broker ${other.id} is already registered with log directory ${shared}.`);
  }
  return undefined;
}

/** Each range must hold the finalized level, and each finalized feature must be among the ranges (KIP-584). */
function refuseFeatures({ brokerId, features }: RegisterBrokerCommand, { view, config }: DecisionState): ItemError | undefined {
  const twice = firstDuplicate(features.map(({ name }) => name));
  if (twice !== undefined) return refusal('INVALID_REGISTRATION', `Broker ${brokerId} named feature ${twice} twice.`);
  if (!features.some(({ name }) => name === METADATA_VERSION)) {
    return refusal('INVALID_REGISTRATION', `Broker ${brokerId} does not say which ${METADATA_VERSION} it supports.`);
  }
  for (const range of features) {
    const finalized = range.name === KRAFT_VERSION ? config.kraftVersion : (view.featureLevel(range.name) ?? 0);
    if (finalized < range.minSupported || finalized > range.maxSupported) return unsupported(range.name, finalized, range);
  }
  for (const [name, level] of view.features()) {
    if (level > 0 && !features.some((range) => range.name === name)) return unsupported(name, level, undefined);
  }
  return undefined;
}

function unsupported(name: string, finalized: number, range: FeatureRangeRow | undefined): ItemError {
  const wants = range === undefined ? 'The broker does not know the feature.' : `The broker wants a version between ${range.minSupported} and ${range.maxSupported}, inclusive.`;
  return refusal('UNSUPPORTED_VERSION', `Unable to register because the broker does not support finalized version ${finalized} of ${name}. ${wants}`);
}

function firstDuplicate<T>(items: readonly T[]): T | undefined {
  const seen = new Set<T>();
  return items.find((item) => seen.size === seen.add(item).size);
}
