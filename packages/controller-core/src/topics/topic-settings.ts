import type { MetadataView } from '@quorate/metadata-image';
import type { ControllerConfig } from '../controller-config.js';

/** Kafka's config resource types. */
export const CONFIG_RESOURCE = { TOPIC: 2, BROKER: 4 } as const;

/** Settings of a topic that elections depend on. */
export interface TopicSettings {
  readonly uncleanLeaderElection: boolean;
  readonly minInsyncReplicas: number;
}

/** What holds for the topic: its own value, else the cluster's, else what the controller was started with. */
export function topicSettings(topicName: string, view: MetadataView, config: ControllerConfig): TopicSettings {
  const own = view.config(CONFIG_RESOURCE.TOPIC, topicName);
  const cluster = view.config(CONFIG_RESOURCE.BROKER, '');
  const valueOf = (key: string): string | undefined => own.get(key) ?? cluster.get(key);
  const unclean = valueOf('unclean.leader.election.enable');
  const minIsr = Number(valueOf('min.insync.replicas') ?? config.minInsyncReplicas);
  return {
    uncleanLeaderElection: unclean === undefined ? config.uncleanLeaderElectionEnable : unclean.trim().toLowerCase() === 'true',
    minInsyncReplicas: Number.isInteger(minIsr) && minIsr > 0 ? minIsr : config.minInsyncReplicas,
  };
}
