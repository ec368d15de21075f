import type { LeaderAnswer } from './leader.js';
import type { NatsPlan } from './nats.js';
import type { ProcessPlan } from './shape.js';

/** What `npm start` prints once everything is ready: addresses, who leads, what to try. */
export function welcome(cluster: {
  readonly plans: readonly ProcessPlan[];
  readonly nats: NatsPlan;
  readonly home: string;
  readonly leader: LeaderAnswer | undefined;
  readonly readyMs: number;
}): readonly string[] {
  const gateway = cluster.plans.find((plan) => plan.kind === 'gateway')?.address ?? '';
  const broker = cluster.plans.find((plan) => plan.kind === 'broker')?.address;
  const active = cluster.plans.find((plan) => plan.kind === 'controller' && plan.nodeId === cluster.leader?.leaderId);
  const row = (plan: ProcessPlan): string =>
    `  ${plan.name.padEnd(14)} gRPC ${plan.address.padEnd(16)} http://${plan.httpAddress}/metrics${plan === active ? '   <- active controller' : ''}`;
  return [
    '',
    `Quorate is ready after ${(cluster.readyMs / 1000).toFixed(1)} s. Cluster ${cluster.leader?.clusterId ?? 'unknown'}, ` +
      (cluster.leader?.leaderId === undefined ? 'no leader yet' : `node ${cluster.leader.leaderId} leads epoch ${cluster.leader.epoch}`),
    ...cluster.plans.map(row),
    `  ${'nats'.padEnd(14)} ${natsLine(cluster.nats)}`,
    `  data, configuration and logs in ${cluster.home}`,
    '',
    'Try:',
    `  grpcurl -plaintext ${gateway} list`,
    `  grpcurl -plaintext -d '{"topics":[{"name":"orders","partitionCount":3,"replicationFactor":3}]}' ${gateway} quorate.admin.v1.TopicService/CreateTopics`,
    ...(broker === undefined ? [] : [`  grpcurl -plaintext -d '{"topics":[{"name":"orders"}]}' ${broker} quorate.admin.v1.TopicService/DescribeTopics`]),
    `  grpcurl -plaintext ${gateway} quorate.admin.v1.QuorumService/DescribeQuorum`,
    `  grpcurl -plaintext ${gateway} quorate.admin.v1.QuorumService/ListElections`,
    'Ctrl-C stops everything.',
    '',
  ];
}

function natsLine(nats: NatsPlan): string {
  switch (nats.kind) {
    case 'given':
      return `${nats.url} (yours)`;
    case 'program':
      return `${nats.url}`;
    case 'docker':
      return `${nats.url} (in Docker)`;
    case 'none':
      return `none: metadata fans out over gRPC alone. ${nats.howTo}`;
  }
}
