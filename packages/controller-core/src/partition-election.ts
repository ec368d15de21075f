import type { NodeId } from '@quorate/records';

/**
 * How far an election may go. PREFERRED wants the first replica back; ONLINE keeps a good leader and takes nobody who may
 * lack committed data; UNCLEAN rather loses data than stays without a leader.
 */
export type ElectionKind = 'PREFERRED' | 'ONLINE' | 'UNCLEAN';

export interface Electorate {
  /** In order of preference. */
  readonly replicas: readonly NodeId[];
  readonly isr: readonly NodeId[];
  /** Eligible leader replicas; empty while that feature is off. */
  readonly elr: readonly NodeId[];
  readonly lastKnownElr: readonly NodeId[];
  readonly leader: NodeId | undefined;
  readonly elrEnabled: boolean;
  /** Whether the broker is active and its replica's directory online. */
  isAcceptable(id: NodeId): boolean;
}

export interface ElectionResult {
  /** Undefined: nobody may lead. */
  readonly leader: NodeId | undefined;
  /** The leader may lack committed records. */
  readonly unclean: boolean;
}

/** Who leads now. The sitting leader stays whenever it may. */
export function electLeader(kind: ElectionKind, electorate: Electorate): ElectionResult {
  const clean = cleanLeader(kind, electorate);
  if (clean !== undefined) return { leader: clean, unclean: false };
  const lastKnown = electableLastKnownLeader(electorate);
  if (lastKnown !== undefined) return { leader: lastKnown, unclean: true };
  if (kind === 'UNCLEAN') {
    const anybody = electorate.replicas.find((id) => electorate.isAcceptable(id));
    if (anybody !== undefined) return { leader: anybody, unclean: true };
  }
  return { leader: undefined, unclean: false };
}

function cleanLeader(kind: ElectionKind, electorate: Electorate): NodeId | undefined {
  const { replicas, leader } = electorate;
  const preferred = replicas[0];
  if (kind === 'PREFERRED' && preferred !== undefined && isValidLeader(preferred, electorate)) return preferred;
  if (leader !== undefined && isValidLeader(leader, electorate)) return leader;
  return replicas.find((id) => isValidLeader(id, electorate));
}

/** Holds all that is committed, and is there. */
function isValidLeader(id: NodeId, { isr, elr, ...electorate }: Electorate): boolean {
  const holdsAll = isr.length === 0 ? elr.includes(id) : isr.includes(id);
  return holdsAll && electorate.isAcceptable(id);
}

/**
 * With ISR and ELR both empty the last leader is the best guess, but only if it is there: Kafka once elected fenced ones
 * (KAFKA-19522).
 */
function electableLastKnownLeader({ isr, elr, lastKnownElr, elrEnabled, isAcceptable }: Electorate): NodeId | undefined {
  if (!elrEnabled || isr.length > 0 || elr.length > 0 || lastKnownElr.length !== 1) return undefined;
  const [lastKnown] = lastKnownElr;
  return lastKnown !== undefined && isAcceptable(lastKnown) ? lastKnown : undefined;
}
