import type { BrokerEpoch, NodeId, Offset } from '@quorate/records';
import type { MetadataView } from '@quorate/metadata-image';
import type { Command } from '../src/command.js';
import { heartbeat, node, registration, topic, uuid } from './world.js';

/** Everything that a random life of a small cluster may ask of its controller, plus the passing of time and failovers. */
export type Happening = { readonly kind: 'command'; readonly command: Command } | { readonly kind: 'time'; readonly ms: number } | { readonly kind: 'failover' };

const BROKERS = [1, 2, 3, 4, 5];
const NAMES = ['a', 'b.c', 'b_c', 'd', 'e', 'f', '..'];

/** What happens next, drawn from the state so that most of it makes sense and some of it does not. */
export function nextHappening(random: () => number, view: MetadataView, endOffset: Offset): Happening {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const chance = (probability: number): boolean => random() < probability;
  const draw = random();
  if (draw < 0.06) return { kind: 'time', ms: Math.floor(random() * 4_000) };
  if (draw < 0.08) return { kind: 'failover' };
  return { kind: 'command', command: command() };

  function command(): Command {
    if (draw < 0.55) return beat(pick(BROKERS));
    if (draw < 0.68) return register(pick(BROKERS));
    if (draw < 0.75) return { kind: 'expireSessions' };
    if (draw < 0.77) return { kind: 'unregisterBroker', brokerId: node(pick(BROKERS)), validateOnly: chance(0.2) };
    if (draw < 0.79) return { kind: 'noOp' };
    if (draw < 0.92) return create();
    if (draw < 0.96) return { kind: 'createPartitions', topics: [{ name: pick(NAMES), totalCount: Math.floor(random() * 6), assignments: [] }], validateOnly: chance(0.1), atomic: false };
    return { kind: 'deleteTopics', topics: [{ name: pick(NAMES), topicId: undefined }], validateOnly: chance(0.1), atomic: chance(0.5) };
  }

  function beat(id: number): Command {
    const broker = view.broker(node(id));
    const wantShutDown = broker?.inControlledShutdown === true ? chance(0.9) : chance(0.08);
    return heartbeat(id, {
      brokerEpoch: chance(0.03) ? (12_345 as BrokerEpoch) : (broker?.epoch ?? (0 as BrokerEpoch)),
      currentMetadataOffset: chance(0.8) ? endOffset : (Math.floor(random() * (endOffset + 1)) as Offset),
      wantFence: chance(0.1),
      wantShutDown,
      offlineLogDirs: chance(0.05) ? [directory(id, 0)] : [],
    });
  }

  function register(id: number): Command {
    const present = view.broker(node(id));
    const directories = chance(0.5) ? [directory(id, 0)] : [directory(id, 0), directory(id, 1)];
    // A directory that failed comes back with the next incarnation only.
    const same = chance(0.3) && present !== undefined ? { incarnationId: present.incarnationId, logDirs: present.logDirs.toSpliced(1) } : undefined;
    return registration(id, {
      incarnationId: same?.incarnationId ?? uuid(Math.floor(random() * 1_000_000)),
      rack: chance(0.5) ? undefined : `r${id % 2}`,
      logDirs: same?.logDirs ?? directories,
      previousBrokerEpoch: chance(0.5) ? present?.epoch : undefined,
    });
  }

  function create(): Command {
    const topics = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
      const name = pick(NAMES);
      const configs = chance(0.3) ? [{ name: 'unclean.leader.election.enable', value: 'true' }] : [];
      if (chance(0.3)) return topic(name, { configs, assignments: [{ partitionId: 0, brokerIds: shuffled().toSpliced(2) }] });
      return topic(name, { configs, partitionCount: Math.floor(random() * 4), replicationFactor: Math.floor(random() * 4) });
    });
    return { kind: 'createTopics', topics, validateOnly: chance(0.1), atomic: chance(0.2) };
  }

  function shuffled(): NodeId[] {
    const ids = BROKERS.map(node);
    for (let last = ids.length - 1; last > 0; last--) {
      const other = Math.floor(random() * (last + 1));
      [ids[last], ids[other]] = [ids[other]!, ids[last]!];
    }
    return ids;
  }
}

function directory(brokerId: number, index: number) {
  return uuid(2_000_000 + brokerId * 10 + index);
}
