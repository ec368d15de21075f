import { parseUuid, isReservedUuid, type NodeId, type Uuid } from '@quorate/records';
import { firstRepeated, formatHostPort, parseReachable, type HostPort } from './endpoint.js';
import { ok, parseList, refused, type Parsed } from './parsed.js';

/** One entry of `controller.quorum.voters`. */
export interface StaticVoter extends HostPort {
  readonly id: NodeId;
}

/** One entry of `--initial-controllers`. */
export interface InitialController extends StaticVoter {
  readonly directoryId: Uuid;
}

const VOTER_FORM = 'id@host:port,id@host:port,…';
const CONTROLLER_FORM = 'id@host:port:directory-id,… with the directory ids that `quorate storage random-uuid` prints';

/** Node ids are int32 in Kafka. */
export const MAX_NODE_ID = 2 ** 31 - 1;

/** Reads `controller.quorum.voters`: `id@host:port,…`, ids and addresses unique. */
export function parseVoters(text: string): Parsed<readonly StaticVoter[]> {
  const parsed = parseList(text, parseVoter);
  return parsed.kind === 'refused' ? parsed : withUniqueVoters(parsed.value, VOTER_FORM);
}

/**
 * Reads `--initial-controllers`: `id@host:port:directory-id,…`, brackets for IPv6; ids, addresses and directory ids
 * unique, directory ids not reserved, at least one. Every node is formatted with the same text (KIP-853).
 */
export function parseInitialControllers(text: string): Parsed<readonly InitialController[]> {
  const parsed = parseList(text, parseInitialController);
  if (parsed.kind === 'refused') return parsed;
  if (parsed.value.length === 0) return refused('there is no controller in it', CONTROLLER_FORM);
  const repeated = firstRepeated(parsed.value.map((controller) => controller.directoryId));
  if (repeated !== undefined) return refused(`directory id ${repeated} appears twice`, 'a directory id of its own for each controller');
  return withUniqueVoters(parsed.value, CONTROLLER_FORM);
}

/** `id@host:port:directory-id,…` as `parseInitialControllers` reads it. */
export function formatInitialControllers(controllers: readonly InitialController[]): string {
  return controllers.map((controller) => `${controller.id}@${formatHostPort(controller)}:${controller.directoryId}`).join(',');
}

/** Reads a node id: 0 to 2^31 - 1 in decimal. */
export function parseNodeId(text: string): Parsed<NodeId> {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  return id <= MAX_NODE_ID ? ok(id as NodeId) : refused(`"${text}" is no node id`, `an integer from 0 to ${MAX_NODE_ID}`);
}

function parseVoter(item: string): Parsed<StaticVoter> {
  const match = /^([^@]*)@(.*)$/.exec(item);
  if (match === null) return refused(`"${item}" has no id before an @`, VOTER_FORM);
  const id = parseNodeId(match[1] ?? '');
  if (id.kind === 'refused') return id;
  const address = parseReachable(match[2] ?? '');
  return address.kind === 'refused' ? address : ok({ id: id.value, ...address.value });
}

function parseInitialController(item: string): Parsed<InitialController> {
  const match = /^(.*):([^:]*)$/.exec(item);
  const directoryText = match?.[2] ?? '';
  if (match === null || /^\d*$/.test(directoryText)) return refused(`"${item}" has no directory id behind the port`, CONTROLLER_FORM);
  const directoryId = parseUuid(directoryText);
  if (directoryId === undefined) return refused(`"${directoryText}" is no directory id`, CONTROLLER_FORM);
  if (isReservedUuid(directoryId)) return refused(`the directory id ${directoryId} is reserved`, CONTROLLER_FORM);
  const voter = parseVoter(match[1] ?? '');
  return voter.kind === 'refused' ? refused(voter.problem, CONTROLLER_FORM) : ok({ ...voter.value, directoryId });
}

function withUniqueVoters<V extends StaticVoter>(voters: readonly V[], form: string): Parsed<readonly V[]> {
  const repeatedId = firstRepeated(voters.map((voter) => voter.id));
  if (repeatedId !== undefined) return refused(`node id ${repeatedId} appears twice`, form);
  const repeatedAddress = firstRepeated(voters.map(formatHostPort));
  if (repeatedAddress !== undefined) return refused(`the address ${repeatedAddress} appears twice`, form);
  return ok(voters);
}
