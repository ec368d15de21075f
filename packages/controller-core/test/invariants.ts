import type { NodeId } from '@quorate/records';
import type { BrokerRow, MetadataView, PartitionRef, PartitionRow } from '@quorate/metadata-image';

/** What must hold of the metadata after every replayed decision. Each broken rule is one line; none is good. */
export function brokenInvariants(view: MetadataView, partitions: Iterable<PartitionRef>, { elr = false }: { readonly elr?: boolean } = {}): string[] {
  const broken: string[] = [];
  for (const { topicId, partitionId } of partitions) {
    const row = view.partition(topicId, partitionId);
    if (row === undefined) throw new Error(`no row for ${topicId}-${partitionId}`);
    const broker = (id: NodeId): BrokerRow | undefined => view.broker(id);
    for (const problem of partitionProblems(row, broker, elr)) broken.push(`${topicId}-${partitionId}: ${problem} ${JSON.stringify(row)}`);
  }
  return broken;
}

function partitionProblems({ replicas, isr, leader, directories, eligibleLeaderReplicas }: PartitionRow, broker: (id: NodeId) => BrokerRow | undefined, elr: boolean): string[] {
  const isActive = (id: NodeId): boolean => {
    const row = broker(id);
    return row !== undefined && !row.fenced && !row.inControlledShutdown;
  };
  const isElectable = (id: NodeId): boolean => {
    const directory = directories[replicas.indexOf(id)];
    const logDirs = broker(id)?.logDirs ?? [];
    const isReserved = directory === undefined || directory.startsWith('AAAAAAAAAAAAAAAAAAAA');
    return isActive(id) && (isReserved || logDirs.includes(directory));
  };
  const eligible = eligibleLeaderReplicas ?? [];
  const rules: readonly (readonly [boolean, string])[] = [
    [replicas.length > 0 && new Set(replicas).size === replicas.length, 'replicas are empty or not distinct'],
    [new Set(isr).size === isr.length, 'the ISR names somebody twice'],
    [isr.every((id) => replicas.includes(id)), 'the ISR is not among the replicas'],
    [elr || isr.length > 0, 'the ISR is empty although ELR is off'],
    [leader === undefined || isr.includes(leader), 'the leader is not in the ISR'],
    [leader === undefined || isActive(leader), 'the leader is fenced, shutting down or gone'],
    [isr.length <= 1 || isr.every(isActive), 'somebody inactive is in the ISR beside others'],
    [leader !== undefined || !isr.some(isElectable), 'nobody leads although somebody in the ISR could'],
    [directories.length === replicas.length, 'there is not one directory a replica'],
    [eligible.every((id) => replicas.includes(id) && !isr.includes(id)), 'the ELR overlaps the ISR or is not among the replicas'],
  ];
  return rules.filter(([holds]) => !holds).map(([, problem]) => problem);
}
